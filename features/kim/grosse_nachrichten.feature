# language: de
@rolle:pvs
Funktionalität: Große Nachrichten
  Bis 15 MiB reist eine Nachricht selbst, darüber liegt sie verschlüsselt im Anhangspeicher und nur
  ein Verweis reist.

  @tc:KIM-0060 @art:grenzwert @req:A_19357-02 @req:A_23467 @req:KOM-LE-A_2100-02 @req:A_19356-06
  Szenario: Ein Byte mehr als 15 MiB
    Angenommen die Praxis schreibt an Praxis am Park und an Praxis Altbestand mit mehr als 15 MiB
    Wenn sie die Nachricht sendet
    Dann liegt die Nachricht im Anhangspeicher und nur ein Verweis ist unterwegs
    Und Praxis am Park liest sie vollständig
    Und Praxis Altbestand mit der Version 1.0 erhält sie nicht, was die Praxis erfährt

  @tc:KIM-0061 @art:grenzwert @req:KOM-LE-A_2004-01
  Szenario: Knapp unter 15 MiB
    Angenommen die Praxis schreibt an Praxis Altbestand mit knapp weniger als 15 MiB
    Wenn sie die Nachricht sendet
    Dann reist die Nachricht selbst und kommt vollständig an

  @tc:KIM-0062 @art:negativ @req:A_22419-01 @fehler:kim_fachdienst/kas_voll
  Szenario: Der Anhangspeicher ist voll
    Angenommen der Anhangspeicher ist voll
    Und die Praxis schreibt an Praxis am Park mit mehr als 15 MiB
    Wenn sie die Nachricht sendet
    Dann endet der Versand mit 521, weil der Anhangspeicher voll ist

  @tc:KIM-0063 @art:negativ @req:A_22341
  Szenario: Eine Nachricht bringt selbst einen Verweis auf den Anhangspeicher mit
    Angenommen die Praxis hat eine Nachricht mit einem fremden Verweis auf den Anhangspeicher
    Wenn sie die Nachricht unverändert sendet
    Dann endet der Versand mit 451, weil der Verweis nicht vom Clientmodul stammt

  @tc:KIM-0064 @art:negativ @req:A_23512 @req:A_20650-06
  Szenario: Der Empfänger hat große Nachrichten nicht freigegeben
    Angenommen an Praxis Altbestand kommt ein Verweis auf den Anhangspeicher
    Wenn Praxis Altbestand ihre Nachrichten abruft
    Dann liest sie, dass ihr Konto keine großen Nachrichten empfängt
