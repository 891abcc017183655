# language: de
@rolle:pvs
Funktionalität: Vorhandene Verordnungen
  Ein Bundle aus einer Datei geht durch den ganzen Ablauf. Nur Rezept-ID und Daten, die sich
  ändern müssen, werden ersetzt; alles andere bleibt Byte für Byte, was es war.

  @tc:ERP-0900 @art:positiv @req:A_19274 @req:A_19272 @req:A_19900 @req:P6-01
  Szenario: Eine vorhandene Verordnung wird bis zur Quittung gebracht
    Angenommen die Verordnung aus der Datei
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann ist die Verordnung einlösbar
    Wenn eine Apotheke sie am ersten einlösbaren Tag einlöst
    Dann hat die Apotheke die unveränderte Verordnung und eine gültige Quittung
