# language: de
@rolle:pvs
Funktionalität: Nachrichten, die nicht sind, was sie sein sollten
  Das Clientmodul zeigt nur Inhalte, deren Herkunft und Unversehrtheit feststehen. Alles andere kommt
  als Hinweis an, und das Original geht nicht verloren.

  @tc:KIM-0080 @art:negativ @req:KOM-LE-A_2048-01 @req:A_23165
  Szenariogrundriss: Eine manipulierte Nachricht wird nicht gezeigt
    Angenommen eine Nachricht an Praxis am Park ist <manipulation>
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann sieht sie statt des Inhalts einen Sicherheitshinweis mit dem Ergebnis <ergebnis>

    Beispiele:
      | fall        | manipulation                   | ergebnis |
      | unsigniert  | nicht signiert                 | 03       |
      | zertifikat  | mit gesperrter Karte signiert  | 05       |
      | empfaenger  | für andere Empfänger signiert  | 09       |

  @tc:KIM-0084 @art:negativ @req:KOM-LE-A_2048-01 @req:A_23165
  @fehler:kim_clientmodul/signatur_defekt
  Szenario: Eine nach der Signatur veränderte Nachricht wird nicht gezeigt
    Angenommen eine Nachricht an Praxis am Park ist nach der Signatur verändert
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann sieht sie statt des Inhalts einen Sicherheitshinweis mit dem Ergebnis 02

  @tc:KIM-0085 @art:negativ @req:KOM-LE-A_2048-01 @req:A_23165
  @fehler:kim_clientmodul/absender_aussen_anders
  Szenario: Eine Nachricht, die außen anders adressiert ist als innen, wird nicht gezeigt
    Angenommen eine Nachricht an Praxis am Park ist außen anders adressiert als innen
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann sieht sie statt des Inhalts einen Sicherheitshinweis mit dem Ergebnis 08

  @tc:KIM-0081 @art:negativ @req:KOM-LE-A_2046 @req:KOM-LE-A_2047-02
  Szenariogrundriss: Eine Nachricht, die sich nicht öffnen lässt, kommt als Anhang an
    Angenommen eine Nachricht liegt für Praxis am Park bereit
    Und <hindernis>
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann liest sie den Grund mit dem Ergebnis <ergebnis> und dem Code <code> samt Original

    Beispiele:
      | fall      | hindernis                          | ergebnis | code |
      | karte     | die Karte ist nicht freigeschaltet | 01       | 4009 |
      | konnektor | der Konnektor ist nicht erreichbar | 03       | 4011 |

  @tc:KIM-0082 @art:negativ @req:A_21391-02 @req:A_20650-06
  Szenario: Eine Nachricht einer unbekannten KIM-Version
    Angenommen eine Nachricht an Praxis am Park ist mit fremder KIM-Version verschickt
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann liest sie, dass die KIM-Version nicht unterstützt wird, samt Original

  @tc:KIM-0083 @art:negativ @req:KOM-LE-A_2048-01
  Szenario: Ohne Sperrauskunft ist die Prüfung unvollständig
    Angenommen eine Nachricht liegt für Praxis am Park bereit
    Und es gibt keine Sperrauskunft
    Wenn Praxis am Park ihre Nachrichten abruft
    Dann trägt die Nachricht das Ergebnis 07
