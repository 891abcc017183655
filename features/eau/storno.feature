# language: de
@rolle:pvs
Funktionalität: Eine Bescheinigung zurücknehmen
  Was irrtümlich bescheinigt wurde, nimmt die Praxis mit einem Storno zurück, solange das erlaubt ist.

  @tc:EAU-0201 @art:positiv
  @req:P310-10 @req:P310-10/AK3 @req:P310-10/AK4 @req:P310-11 @req:P310-12 @req:P5-03
  @req:P5-03/AK1a @req:P5-03/AK1b @req:P5-03/AK2 @req:P5-03/AK3 @req:P5-03/AK4 @req:P6-04/AK5
  @req:P310-14/AK8 @req:KP5-05/AK6
  Szenario: Die Ärztin storniert eine versendete eAU
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat die eAU versendet
    Wenn die Ärztin die eAU storniert
    Dann geht ein richtig aufgebauter Storno hinaus
    Und die Krankenkasse nimmt ihn schweigend an

  @tc:EAU-0202 @art:negativ @req:P6-04/AK2
  Szenario: Was nicht versendet ist, wird nicht storniert
    Angenommen die Ärztin stellt eine eAU aus
    Wenn die Ärztin sie vor dem Versand stornieren will
    Dann geht nur die eAU hinaus und kein Storno

  @tc:EAU-0203 @art:negativ @req:P6-04/AK3
  Szenario: Was die Krankenkasse abgewiesen hat, wird nicht storniert
    Angenommen die Krankenkasse hat die eAU der Ärztin abgewiesen
    Wenn die Ärztin sie nach dem Fehler stornieren will
    Dann geht kein Storno hinaus

  @tc:EAU-0204 @art:grenzwert @req:P6-04/AK5
  Szenario: Am 120. Werktag wird noch storniert
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat die eAU versendet
    Und nach dem Versand 120 Werktage vergangen sind
    Wenn die Ärztin die eAU storniert
    Dann geht der Storno am letzten Tag der Frist noch hinaus

  @tc:EAU-0205 @art:grenzwert @req:P6-04/AK5
  Szenario: Am 121. Werktag wird nicht mehr storniert
    Angenommen die Ärztin stellt eine eAU aus
    Und die Praxis hat die eAU versendet
    Und nach dem Versand 121 Werktage vergangen sind
    Wenn die Ärztin die eAU storniert
    Dann geht nach der Frist kein Storno hinaus
