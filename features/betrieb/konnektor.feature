# language: de
@rolle:pvs
Funktionalität: Konnektor, Karten und Signaturen im Betrieb
  Jeder Weg in die Telematikinfrastruktur beginnt am Konnektor. Hier zeigt sich, ob ein System mit
  Karten, PINs und der Komfortsignatur auch dann umgehen kann, wenn etwas dazwischenkommt.

  @tc:KON-0001 @req:A_19134 @req:A_19135 @req:A_19136 @req:A_19259-02
  Szenariogrundriss: Viele Dokumente mit einer PIN-Eingabe
    Angenommen der Konnektor erlaubt je Komfortsitzung 250 Dokumente
    Wenn die Ärztin <anzahl> Dokumente in einer Komfortsitzung signiert
    Dann ist die Komfortsitzung mit <anzahl> Dokumenten vollständig

    Beispiele:
      | fall   | anzahl |
      | eins   | 1      |
      | stapel | 50     |
      | grenze | 250    |

  @tc:KON-0002 @req:A_19259-02 @req:A_19135 @req:A_19100-01 @art:negativ
  Szenariogrundriss: Die Komfortsignatur hat Bedingungen
    Angenommen der Konnektor erlaubt je Komfortsitzung <erlaubt> Dokumente
    Wenn die Ärztin <anzahl> Dokumente mit <benutzer> UserId signieren will
    Dann antwortet der Konnektor auf <operation> mit dem Fehler <code>

    Beispiele:
      | fall            | erlaubt | anzahl | benutzer        | operation                | code |
      | zu_viele        | 2       | 3      | einer neuen     | SignDocument             | 4271 |
      | benutzt         | 2       | 1      | einer benutzten | ActivateComfortSignature | 4270 |
      | keine_uuid      | 2       | 1      | einer falschen  | ActivateComfortSignature | 4272 |
      | ausgeschaltet   | 0       | 1      | einer neuen     | ActivateComfortSignature | 4263 |

  @tc:KON-0003 @req:A_13532
  Szenariogrundriss: Signaturen werden geprüft
    Angenommen die Ärztin hat ein Dokument signiert
    Wenn die Praxis <was> prüfen lässt
    Dann lautet das Ergebnis der Prüfung <ergebnis>

    Beispiele:
      | fall     | was                        | ergebnis     |
      | gut      | die unveränderte Signatur  | VALID        |
      | falsch   | eine veränderte Signatur   | INVALID      |
      | ohne_ti  | die Signatur ohne TI       | INCONCLUSIVE |

  @punkt:CL-SST-03
  @tc:KON-0004 @req:A_21528
  Szenario: Eine neu gesteckte Karte hat ein neues Handle
    Wenn die Ärztin ihren Heilberufsausweis auf Anforderung zieht und neu steckt
    Dann kennt die Praxis die Karte unter einem neuen Handle

  @tc:KON-0005 @req:A_21528 @art:negativ
  Szenario: Eine gezogene Karte signiert nicht
    Wenn die Praxis mit dem alten Handle einer neu gesteckten Karte signieren will
    Dann antwortet der Konnektor auf SignDocument mit dem Fehler 4101

  @tc:KON-0007 @req:A_21228-01 @art:negativ @fehler:konnektor/pin_verloren
  Szenario: Ohne freigeschaltete Praxiskarte gibt es keine Anmeldung
    Angenommen die Praxiskarte ist neu gesteckt
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann antwortet der Konnektor auf ExternalAuthenticate mit dem Fehler 4085

  @tc:KON-0006 @req:TIP1-A_4972
  Szenario: Die PIN der Praxiskarte lässt sich ändern
    Wenn die Praxis die PIN.SMC ihrer Karte ändern lässt
    Dann ist die PIN.SMC geändert
