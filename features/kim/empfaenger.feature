# language: de
@rolle:pvs
Funktionalität: Empfänger, an die nicht gesendet werden kann
  Ein Empfänger ohne brauchbares Zertifikat hält die Nachricht an die übrigen nicht auf; der
  Absender erfährt, wer sie nicht bekommen hat und warum.

  @tc:KIM-0040 @art:negativ @req:A_23174 @req:KOM-LE-A_2028 @req:KOM-LE-A_2024-01 @req:A_20650-06
  @req:KOM-LE-A_2176-01
  Szenariogrundriss: Ein Empfänger fällt weg, die anderen erhalten die Nachricht
    Angenommen die Praxis schreibt an Praxis am Park und an <ungeeignet> eine Nachricht
    Wenn sie die Nachricht sendet
    Dann nennen die Kopfzeilen unterwegs nur noch Praxis am Park
    Und die Praxis liest eine Fehlernachricht zu <ungeeignet> mit dem Code <code>

    Beispiele:
      | fall       | ungeeignet        | code |
      | abgelaufen | Praxis Gestern    | 4003 |
      | gesperrt   | Praxis Gesperrt   | 4003 |
      | zwei_ids   | Praxis Zweideutig | 4005 |
      | siegel     | Praxis Siegel     | 4004 |
      | vertauscht | Praxis Vertauscht | 4005 |
      | unbekannt  | Niemand           | 4003 |

  @tc:KIM-0041 @art:negativ @req:KOM-LE-A_2025
  Szenariogrundriss: Ohne geeigneten Empfänger wird nichts gesendet
    Angenommen die Praxis schreibt an <ungeeignet> eine Nachricht
    Wenn sie die Nachricht sendet
    Dann endet der Versand mit 451, weil kein Empfänger verschlüsselbar ist

    Beispiele:
      | fall       | ungeeignet      |
      | abgelaufen | Praxis Gestern  |
      | gesperrt   | Praxis Gesperrt |
      | unbekannt  | Niemand         |

  @tc:KIM-0042 @art:negativ @req:KOM-LE-A_2178 @req:KOM-LE-A_2192-01
  Szenario: Zertifikate zweier Einrichtungen in einem Eintrag
    Angenommen die Praxis schreibt an Praxis am Park und an Praxis Zweideutig eine Nachricht
    Wenn sie die Nachricht sendet
    Dann geht an Praxis Zweideutig nichts hinaus und die Praxis erfährt es

  @tc:KIM-0043 @art:negativ @req:A_17472
  Szenario: Ein Konnektor ohne ECC verschlüsselt nicht für ECC-Zertifikate
    Angenommen der Konnektor kann kein ECC
    Und die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht sendet
    Dann wird der Absender ohne RSA-Zertifikat mit 553 abgewiesen

  @tc:KIM-0044 @art:negativ @req:A_21387-01
  Szenario: Das Verzeichnis erwartet ein neueres Clientmodul
    Angenommen das Clientmodul kennt nur die KIM-Version 1.0
    Und die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht ohne Zustellbestätigung sendet
    Dann wird die Praxis vor ihrem veralteten Clientmodul gewarnt
