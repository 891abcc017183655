# language: de
@rolle:pvs
Funktionalität: Rückmeldungen der Krankenkassen
  Eine Krankenkasse meldet sich nur, wenn sie eine Bescheinigung nicht verarbeiten kann. Die Praxis
  erkennt den Grund und handelt richtig.

  @tc:EAU-0101 @art:negativ @req:KP310-13 @req:KP310-13/AK5 @req:KP5-05 @req:KP5-05/AK5
  Szenariogrundriss: Jeder Fehler wird mit seinem Code gemeldet und zugeordnet
    Wenn eine <was> bei der Krankenkasse eingeht, die den Fehler <code> verdient
    Dann antwortet die Krankenkasse mit dem Fehler <code> und die Praxis ordnet ihn zu

    Beispiele:
      | fall | was         | code |
      | f100 | eAU         | 100  |
      | f101 | eAU         | 101  |
      | f102 | Stornierung | 102  |
      | f103 | eAU         | 103  |
      | f104 | Stornierung | 104  |
      | f105 | Stornierung | 105  |
      | f201 | eAU         | 201  |
      | f202 | eAU         | 202  |
      | f203 | Stornierung | 203  |
      | f204 | Stornierung | 204  |
      | f301 | Stornierung | 301  |
      | f303 | Stornierung | 303  |
      | f304 | Stornierung | 304  |
      | f305 | Stornierung | 305  |
      | f307 | eAU         | 307  |
      | f309 | eAU         | 309  |
      | f310 | eAU         | 310  |
      | f311 | eAU         | 311  |
      | f313 | eAU         | 313  |
      | f314 | Stornierung | 314  |

  @tc:EAU-0102 @art:positiv @req:P5-04/AK14b @req:P310-14/AK8
  Szenario: Nach einem Fehler im Dokument wird es neu ausgestellt
    Angenommen die Ärztin stellt eine eAU aus
    Wenn die Krankenkasse sie mit 101 abweist und die Ärztin sie neu ausstellt
    Dann ist es eine neue Datei mit neuer Signatur

  @tc:EAU-0103 @art:positiv @req:P5-04/AK1a
  Szenario: Die Praxis sieht oft genug nach Rückmeldungen
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat die eAU versendet
    Wenn die Praxis eine halbe Stunde lang auf Rückmeldungen wartet
    Dann hat sie mindestens alle zehn Minuten nachgesehen

  @tc:EAU-0104 @art:negativ @req:P5-04/AK15a
  Szenario: Eine Störung von KIM überbrückt die Praxis mit Wiederholungen
    Angenommen die Ärztin stellt eine eAU aus
    Und die Verbindung zum KIM-Fachdienst ist gestört
    Wenn die Praxis einen Tag lang versucht, sie zu versenden
    Dann hat sie es alle vier Stunden versucht

  @tc:EAU-0105 @art:positiv @req:P6-05/AK3b
  Szenario: Nach einer Störung geht der Rückstand hinaus
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat eine Störung eingetragen
    Wenn die Störung vorbei ist
    Dann geht der Rückstand von selbst hinaus

  @tc:EAU-0106 @art:positiv @req:KP5-05/AK5
  Szenario: Die Krankenkasse antwortet dorthin, wo die Praxis Antworten erwartet
    Angenommen die Praxis erwartet Antworten an ihrer zweiten Adresse
    Wenn eine eAU bei der Krankenkasse eingeht, die den Fehler 201 verdient
    Dann kommt die Antwort der Krankenkasse an der zweiten Adresse an
