# language: de
@rolle:pvs
Funktionalität: Adressen aus dem Verzeichnisdienst
  Wer über KIM schreibt, findet seine Empfänger im Verzeichnis; gesucht wird gezielt und sparsam.

  @tc:KIM-0120 @art:positiv @req:TIP1-A_5570 @req:VZD-PS-02 @req:VZD-PS-03 @req:A_21223-01
  @req:A_27744 @req:A_27744/parallel @req:A_27744/Schluss @req:VZD-PS-01 @req:A_27752
  Szenariogrundriss: Eine Suche findet, wen sie soll
    Wenn die Praxis im Verzeichnis nach <wonach> sucht
    Dann findet sie <wen>
    Und die Suche ist gesichert, kurz und nur lesend
    Und die Suche geht gezielt über den Konnektor

    Beispiele:
      | fall     | wonach                                   | wen               |
      | ik       | der Kasse mit dem IK 109500969           | Prüfkasse MOCK    |
      | zweitik  | der Kasse mit dem IK 108888885           | Prüfkasse MOCK    |
      | name     | dem Namen am Park                        | Praxis am Park    |
      | adresse  | der Adresse der Klinik                   | Klinik Waldesrand |
      | abgelaufen | dem Namen Praxis Gestern               | niemand           |
      | gesperrt | dem Namen Praxis Gesperrt                | niemand           |

  @tc:KIM-0121 @art:positiv @req:VZD-DAT-02 @fehler:vzd/domain_id_doppelt
  Szenario: Zwei Kassen tragen dasselbe Kennzeichen
    Angenommen beide Kassen führen alle Kennzeichen
    Wenn die Praxis im Verzeichnis nach der Kasse mit dem IK 109500969 sucht
    Dann findet sie beide Kassen zur Auswahl

  @tc:KIM-0122 @art:positiv @req:VZD-DAT-01 @fehler:vzd/version_fehlt
  Szenario: Ohne Angabe gilt Version 1.0
    Angenommen das Verzeichnis nennt keine KIM-Versionen
    Wenn die Praxis im Verzeichnis nach dem Namen am Park sucht
    Dann bietet sie den Empfänger nicht für große Nachrichten an

  @tc:KIM-0123 @art:positiv @req:A_27744/Leerabfrage @req:A_27751 @req:A_27753
  Szenario: Eine Antwort wird fünf Minuten lang wiederverwendet
    Wenn die Praxis dreimal hintereinander nach der Kasse mit dem IK 109500969 sucht
    Dann wurde das Verzeichnis einmal gefragt

  @tc:KIM-0124 @art:grenzwert @req:A_27753 @req:KIM-PS-04
  Szenario: Nach einem Tag wird neu gefragt
    Wenn die Praxis an zwei Tagen nach der Adresse der Klinik sucht
    Dann wurde das Verzeichnis an beiden Tagen gefragt

  @tc:KIM-0125 @art:negativ @req:A_27744/Wartezeit
  Szenario: Nach gescheiterten Verbindungen wird immer länger gewartet
    Angenommen der Zugang zum Verzeichnis ist gesperrt
    Wenn die Praxis zwei Minuten lang jede Sekunde nach der Kasse mit dem IK 109500969 sucht
    Dann liegen zwischen den Verbindungsversuchen wachsende Wartezeiten

  @tc:KIM-0126 @art:positiv @req:A_27754
  Szenariogrundriss: Eine Abfrage über FHIR bringt alles Nötige mit
    Wenn die Praxis über FHIR nach <wonach> sucht
    Dann findet sie <wen> mit Adressen in einer einzigen knappen Abfrage

    Beispiele:
      | fall   | wonach                        | wen               |
      | name   | dem Namen Praxis am Park      | Praxis am Park    |
      | nummer | der Telematik-ID der Klinik   | Klinik Waldesrand |
