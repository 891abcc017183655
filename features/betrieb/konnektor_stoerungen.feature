# language: de
@rolle:pvs
Funktionalität: Störungen an Konnektor, Kartenterminal und Karten
  Jede Ablehnung des Konnektors hat einen nächsten Schritt. Ein gutes System geht ihn selbst, wo das
  möglich ist, und arbeitet nach der Störung ohne Neustart weiter.

  @tc:KON-0030 @req:A_13524 @art:negativ
  Szenariogrundriss: Vorübergehende Ablehnungen enden mit einer Signatur
    Angenommen vor der Signatur geschieht: <störung>
    Wenn die Ärztin mit Geduld signiert
    Dann antwortete der Konnektor zuerst mit <code> und danach mit einer Signatur der Karte HBA

    Beispiele:
      | fall        | störung                          | code |
      | belegt      | der Heilberufsausweis ist belegt | 4060 |
      | exklusiv    | eine andere Sitzung hält die Karte | 4093 |
      | neu_gesteckt | der Heilberufsausweis wird neu gesteckt | 4101 |

  @tc:KON-0031 @req:A_13524 @art:negativ
  Szenariogrundriss: Was sich nicht von selbst gibt, wird mit seinem Fehler gemeldet
    Angenommen vor der Signatur geschieht: <störung>
    Wenn die Ärztin mit Geduld signiert
    Dann endet der Aufruf <operation> mit dem Fehler <code>

    Beispiele:
      | fall         | störung                                 | operation    | code |
      | gesperrt     | die PIN.QES ist gesperrt                | SignDocument | 4063 |
      | transport    | die PIN.QES ist noch eine Transport-PIN | SignDocument | 4065 |
      | abgelaufen   | das Zertifikat ist abgelaufen           | SignDocument | 4123 |
      | widerrufen   | das Zertifikat ist gesperrt             | SignDocument | 4123 |
      | kartenfehler | die Karte bricht die Signatur ab        | SignDocument | 4120 |
      | abbruch      | die PIN-Eingabe wird abgebrochen        | SignDocument | 4049 |
      | zeit         | die PIN-Eingabe dauert zu lange         | SignDocument | 4043 |
      | kritisch     | der Konnektor ist in kritischem Zustand | GetJobNumber | 4002 |

  @tc:KON-0032 @req:TIP1-A_4969 @req:A_13532 @art:negativ
  Szenario: Ohne Verbindung zur TI arbeitet die Praxis weiter und erfährt vom Ende der Störung
    Angenommen die Praxis hat sich für Ereignisse des Konnektors angemeldet
    Und die Verbindung zur Telematikinfrastruktur ist unterbrochen
    Wenn die Ärztin in der Störung signiert und die Signatur prüfen lässt
    Dann lautet das Ergebnis der Prüfung INCONCLUSIVE
    Wenn die Verbindung zur Telematikinfrastruktur wieder da ist
    Und die Ärztin nach der Störung signiert und die Signatur prüfen lässt
    Dann lautet das Ergebnis der Prüfung VALID
    Und die Ereignisse der Störung sind eingetroffen

  @tc:KON-0033 @req:TIP1-A_4969 @req:TIP1-A_4961 @art:negativ
  Szenario: Ein Kartenterminal fällt aus und kommt zurück
    Angenommen die Praxis hat sich für Ereignisse von Terminals und Karten angemeldet
    Wenn das Kartenterminal ausfällt und zurückkommt
    Und die Praxis ihre Karten neu liest und signiert
    Dann sind die Ereignisse CT/DISCONNECTED und CT/CONNECTED eingetroffen
    Und jeder Arbeitsplatz benutzt nur Karten aus seinem Kartenterminal

  @tc:KON-0034 @req:TIP1-A_4969 @art:negativ
  Szenario: Nach einem Neustart des Konnektors meldet sich die Praxis neu an
    Angenommen die Praxis hat sich für Ereignisse von Karten angemeldet
    Wenn der Konnektor neu startet und die Praxis sich erneut anmeldet
    Und die Ärztin ihren Heilberufsausweis auf Anforderung zieht und neu steckt
    Dann sind die Ereignisse CARD/REMOVED und CARD/INSERTED eingetroffen

  @tc:KON-0040 @req:A_21228-01 @art:negativ @fehler:konnektor/pinpad_belegt
  Szenario: Ein belegtes PIN-Pad wird abgewartet
    Wenn die Praxis ihre Praxiskarte mit Geduld freischaltet
    Dann war VerifyPin zuerst mit 4060 abgelehnt und danach beantwortet

  @tc:KON-0041 @req:A_21528 @art:negativ @fehler:konnektor/display_belegt
  Szenario: Eine belegte Anzeige am Kartenterminal wird abgewartet
    Wenn die Ärztin ihren Heilberufsausweis mit Geduld neu steckt
    Dann war EjectCard zuerst mit 4039 abgelehnt und danach beantwortet
    Und kennt die Praxis die Karte unter einem neuen Handle

  @tc:KON-0042 @req:A_21228-01 @art:negativ @fehler:konnektor/kartenterminal_gestoert
  Szenario: Nach einer Störung des Kartenterminals sieht die Praxis nach Terminal und Karten
    Wenn die Praxis ihre Praxiskarte mit Geduld freischaltet
    Dann folgten auf VerifyPin mit 4044 GetCardTerminals und GetCards
    Und war VerifyPin zuerst mit 4044 abgelehnt und danach beantwortet

  @tc:KON-0043 @req:A_21228-01 @art:negativ @fehler:konnektor/kein_pinpad
  Szenario: Ohne PIN-Pad wird nicht weiter nach der PIN gefragt
    Wenn die Praxis ihre Praxiskarte mit Geduld freischaltet
    Dann wurde VerifyPin nach dem Fehler 4066 nicht wiederholt

  @tc:KON-0044 @req:A_21228-01 @art:negativ @fehler:konnektor/remote_pin_gestoert
  Szenario: Ohne Remote-PIN-Kartenterminal wird nicht weiter nach der PIN gefragt
    Angenommen die Praxiskarte steckt entfernt vom Arbeitsplatz
    Wenn die Praxis ihre Praxiskarte mit Geduld freischaltet
    Dann wurde VerifyPin nach dem Fehler 4053 nicht wiederholt

  @tc:KON-0045 @req:A_13534 @art:negativ @fehler:konnektor/karte_exklusiv_belegt
  Szenario: Eine Karte, die eine andere Sitzung hält, wird später gelesen
    Wenn die Praxis das Zertifikat ihres Heilberufsausweises mit Geduld liest
    Dann war ReadCardCertificate zuerst mit 4093 abgelehnt und danach beantwortet

  @tc:KON-0046 @req:A_13524 @art:negativ @fehler:konnektor/karte_antwortet_nicht
  Szenario: Eine Karte, die nicht antwortet, wird neu gesteckt
    Wenn die Ärztin mit einer Karte signiert, die erst neu gesteckt wieder antwortet
    Dann folgten auf SignDocument mit 4094 EjectCard und RequestCard
    Und war SignDocument zuerst mit 4094 abgelehnt und danach beantwortet

  @tc:KON-0047 @req:A_13524 @art:negativ @fehler:konnektor/kartenfehler
  Szenario: Nach einem Kartenfehler entscheidet ein Mensch
    Wenn die Ärztin in der Störung mit Geduld signiert
    Dann wurde SignDocument nach dem Fehler 4120 nicht wiederholt

  @tc:KON-0048 @req:A_13524 @art:negativ @fehler:konnektor/interner_fehler
  Szenario: Nach einem internen Fehler des Konnektors entscheidet ein Mensch
    Wenn die Ärztin in der Störung mit Geduld signiert
    Dann wurde SignDocument nach dem Fehler 4001 nicht wiederholt
