# language: de
@rolle:pvs
Funktionalität: Arbeitsunfähigkeit elektronisch bescheinigen
  Die Praxis schickt eine unterschriebene Bescheinigung an genau die richtige Krankenkasse, und diese
  kann sie ohne Rückfrage verarbeiten.

  @tc:EAU-0001 @art:positiv
  @req:P310-01 @req:P310-01/AK4 @req:DiMus:4.2 @req:P310-14 @req:P310-14/AK4 @req:P310-14/AK5
  @req:P310-14/AK7 @req:P310-04 @req:P310-04/AK1-PKV @req:P310-04/AK4 @req:P310-05
  @req:P310-05/AK3a @req:P310-05/AK3d @req:P310-06/AK3 @req:P310-07 @req:P310-07/AK3 @req:P310-08
  @req:P310-08/AK3 @req:P310-09/AK1b @req:P310-09/AK1c @req:P5-08 @req:P6-01/AK2
  @req:DiMus:P4-01 @req:DiMus:P4-02 @req:DiMus:P4-03 @req:DiMus:P4-04 @req:DiMus:P4-05
  @req:P310-14/AK2 @req:P310-14/AK2-T @req:P4-01 @req:P4-01/AK3a @req:P4-01/AK4 @req:P4-01/AK4a
  @req:P5-02 @req:P5-02/AK1a @req:P5-02/AK1b @req:P5-02/AK2a @req:P5-02/AK2b @req:P5-02/AK3a
  @req:P5-02/AK3b @req:P5-02/AK4a @req:P5-07/AK1 @req:P6-03/Tagesversand @req:KP5-05/AK6
  Szenariogrundriss: Eine Bescheinigung ist vollständig und kommt an
    Angenommen die Ärztin stellt eine <art> der Art <merkmal> aus
    Wenn die Praxis sie versendet
    Dann ist das Dokument richtig aufgebaut
    Und ist die Nachricht an die Krankenkasse richtig aufgebaut und signiert
    Und hat die Praxis die Krankenkasse im Verzeichnis gesucht
    Und die Krankenkasse nimmt sie schweigend an und die Zustellung ist bestätigt

    Beispiele:
      | fall          | art                        | merkmal         |
      | erst          | Erstbescheinigung          | einfach         |
      | folge         | Folgebescheinigung         | krankengeld     |
      | erst_ende     | Erst- und Endbescheinigung | unfall          |
      | ende          | Endbescheinigung           | einfach         |
      | arbeitsunfall | Erstbescheinigung          | arbeitsunfall   |
      | massnahmen    | Folgebescheinigung         | maßnahmen       |
      | asv           | Erstbescheinigung          | asv             |
      | weiterbildung | Erstbescheinigung          | weiterbildung   |
      | diagnosen     | Erstbescheinigung          | sechs-diagnosen |
      | klartext      | Erstbescheinigung          | diagnosetext    |
      | monat         | Erstbescheinigung          | 31-tage         |

  @tc:EAU-0002 @art:positiv @req:P5-02/AK4b
  Szenario: Ohne Gesundheitskarte findet die Praxis die Kasse über ihre Stammdaten
    Angenommen die Ärztin stellt eine eAU im Ersatzverfahren aus, deren erste IK keine Adresse hat
    Wenn die Praxis die eAU versendet
    Dann hat die Praxis die Krankenkasse mit beiden IK gesucht

  @tc:EAU-0003 @art:positiv @req:KP5-06 @req:P5-04/AK14c
  Szenario: Eine zweite gleiche Sendung stört die Krankenkasse nicht
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat die eAU versendet
    Wenn dieselbe Datei noch einmal bei der Krankenkasse eingeht
    Dann meldet die Krankenkasse die Dublette nicht

  @tc:EAU-0004 @art:positiv @req:P5-08/AK2a
  Szenario: Eine alte Dienstkennung allein ist kein Grund zur Abweisung
    Angenommen die Ärztin stellt eine eAU aus
    Wenn die eAU mit der Dienstkennung des Vorjahres eingeht
    Dann weist die Krankenkasse sie deshalb nicht ab

  @tc:EAU-0005 @art:positiv @req:KP5-09
  Szenario: Die Krankenkasse bestätigt das Lesen nicht
    Angenommen die Ärztin stellt eine eAU aus
    Wenn die Praxis die eAU versendet
    Dann hat die Krankenkasse binnen zehn Minuten nur mit der Zustellbestätigung geantwortet

  @tc:EAU-0006 @art:grenzwert
  Szenariogrundriss: Was keine Krankenkasse elektronisch annimmt, wird gedruckt
    Wenn die Ärztin eine eAU für <wen> ausstellt und die Praxis sendet
    Dann geht nichts hinaus, sondern die Ausfertigung für die Krankenkasse wird gedruckt (<grund>)

    @req:P6-03/AK5
    Beispiele: Sonstige Kostenträger
      | fall     | wen                                              | grund    |
      | sonstige | einen sonstigen Kostenträger ohne Versicherten-ID | sonstige |

    @req:P6-03/AK6
    Beispiele: Personengruppe 07
      | fall     | wen                                      | grund    |
      | gruppe07 | jemanden der besonderen Personengruppe 07 | gruppe07 |

    @req:P6-03/AK7
    Beispiele: Ausland
      | fall    | wen                                     | grund   |
      | ausland | jemanden, der im Ausland versichert ist | ausland |
