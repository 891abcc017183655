# language: de
@rolle:pvs
Funktionalität: Nachrichten über KIM
  Was eine Praxis über KIM verschickt, liest nur der Empfänger, und er weiß, von wem es kommt. Der
  Absender erfährt, ob es angekommen ist.

  @tc:KIM-0001 @art:positiv
  @req:KOM-LE-A_2099 @req:KOM-LE-A_2100-02 @req:KOM-LE-A_2102 @req:KOM-LE-A_2104 @req:A_21388-01
  @req:KOM-LE-A_2101-01 @req:KOM-LE-A_2098-03 @req:A_19488-02 @req:A_22417
  @req:KOM-LE-A_2095 @req:KOM-LE-A_2103 @req:KOM-LE-A_2106 @req:KOM-LE-A_2107 @req:KOM-LE-A_2108
  @req:KOM-LE-A_2114-01 @req:KOM-LE-A_2115-02 @req:KOM-LE-A_2118 @req:KOM-LE-A_2122
  @req:KOM-LE-A_2123 @req:KOM-LE-A_2126 @req:KOM-LE-A_2127 @req:KOM-LE-A_2129 @req:KOM-LE-A_2020
  @req:KOM-LE-A_2022 @req:KOM-LE-A_2111-01 @req:KOM-LE-A_2128
  @req:KOM-LE-A_2179-02 @req:KOM-LE-A_2147
  Szenariogrundriss: Eine Nachricht kommt verschlüsselt, geprüft und bestätigt an
    Angenommen die Praxis schreibt an <empfaenger> eine Nachricht
    Wenn sie die Nachricht sendet
    Dann verraten die Kopfzeilen unterwegs nichts weiter
    Und die Nachricht ist signiert und für alle Beteiligten verschlüsselt
    Und <empfaenger> liest sie mit bestandener Prüfung
    Und die Praxis erhält die Zustellbestätigung

    Beispiele:
      | fall  | empfaenger        |
      | ecc   | Praxis am Park    |
      | beide | Klinik Waldesrand |
      | rsa   | Praxis Altbestand |
      | zwei  | Praxis am Park, Klinik Waldesrand |

  @tc:KIM-0002 @art:positiv @req:A_19488-02 @req:KIM-PS-07
  Szenariogrundriss: Die Dienstkennung sagt, worum es geht
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht mit der Dienstkennung <kennung>
    Wenn sie die Nachricht sendet
    Dann trägt die Nachricht die Dienstkennung <kennung> innen wie außen

    Beispiele:
      | fall      | kennung                             |
      | ueblich   | KIM-Mail;Default;V1.0               |
      | rezept    | eRezept;Kommunikation;V1.0          |
      | fremd     | Unbekannt;Verfahren;V9.9            |
      | abrechnen | 1ClickAbrechnung;Lieferung;V2.0     |

  @tc:KIM-0003 @art:positiv @req:A_19488-02
  Szenario: Ohne Dienstkennung gilt der Standardwert
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht ohne Dienstkennung
    Wenn sie die Nachricht sendet
    Dann trägt die Nachricht außen den Standardwert der Dienstkennung

  @tc:KIM-0004 @art:positiv @req:KOM-LE-A_2179-02
  Szenario: Der Empfänger antwortet
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Und sie die Nachricht sendet
    Wenn Praxis am Park auf die Nachricht antwortet
    Dann liest die Praxis die Antwort auf ihre Nachricht

  @tc:KIM-0005 @art:positiv @req:KIM-PS-14
  Szenariogrundriss: Die Zustellbestätigung lässt sich je Nachricht wählen
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht <wie> Zustellbestätigung sendet
    Dann ist die Zustellbestätigung <gewaehlt>

    Beispiele:
      | fall | wie  | gewaehlt       |
      | mit  | mit  | verlangt       |
      | ohne | ohne | nicht verlangt |

  @tc:KIM-0006 @art:positiv @req:KOM-LE-A_2147
  Szenario: Die Kassenärztliche Vereinigung nimmt die Quartalsabrechnung an
    Angenommen die Praxis hat die Quartalsabrechnung als Datei für die Kassenärztliche Vereinigung
    Wenn sie die Nachricht sendet
    Dann erhält die Kassenärztliche Vereinigung die Datei unverändert
    Und die Praxis erhält die Zustellbestätigung
    Und die Kassenärztliche Vereinigung bestätigt den Eingang der Abrechnung

  @tc:KIM-0008 @art:positiv @req:KOM-LE-A_2179-02
  Szenario: Wer abwesend ist, sagt es dem Absender
    Angenommen Praxis am Park ist abwesend
    Und die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht ohne Zustellbestätigung sendet
    Dann liest die Praxis eine Abwesenheitsnotiz
    Und Praxis am Park liest sie mit bestandener Prüfung

  @tc:KIM-0009 @art:positiv @req:KOM-LE-A_2179-02
  Szenario: Die Ersatzadresse einer Praxis hat ihr eigenes Postfach
    Angenommen die Klinik schreibt an die zweite Adresse der Praxis
    Dann liegt die Nachricht nur im Postfach der zweiten Adresse
