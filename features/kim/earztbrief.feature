# language: de
@rolle:pvs
Funktionalität: eArztbriefe
  Ein Arztbrief geht als signiertes PDF/A mit einem XML hinaus, das den Patienten nennt, damit der
  Empfänger ihn zuordnen kann; er geht nur über KIM.

  @tc:KIM-0007 @art:positiv @req:P43-03/AK2 @req:P43-03/AK4 @req:P43-03/AK5 @req:P41-03/Anhang
  @req:P41-01 @req:P41-02 @req:P41-02/AK3 @req:P41-02/AK4 @req:P41-03 @req:P43-01
  Szenariogrundriss: Ein eArztbrief geht als signiertes PDF/A mit XML hinaus
    Angenommen die Ärztin hat einen Brief an Klinik Waldesrand geschrieben
    Und die Praxis macht daraus einen eArztbrief <womit>
    Wenn sie die Nachricht sendet
    Dann hat die Nachricht Kennung, Text und Dateien eines eArztbriefs zu einem Patienten

    Beispiele:
      | fall   | womit                     |
      | allein | ohne weiteren Anhang      |
      | anhang | mit einem weiteren Anhang |

  @tc:KIM-0010 @art:positiv @req:P43-03/AK3
  Szenariogrundriss: Die Lesebestätigung lässt sich je Brief wünschen
    Angenommen die Ärztin hat einen Brief an Klinik Waldesrand geschrieben
    Und die Praxis macht daraus einen eArztbrief <wie>
    Wenn sie die Nachricht sendet
    Dann ist die Lesebestätigung <gewaehlt>

    Beispiele:
      | fall | wie                    | gewaehlt       |
      | mit  | mit Lesebestätigung    | verlangt       |
      | ohne | ohne Lesebestätigung   | nicht verlangt |
