# language: de
@rolle:pvs
Funktionalität: Wie ein Praxissystem KIM benutzt
  Das Praxissystem schreibt normgerechte Nachrichten, spricht nur mit seinem Clientmodul und holt
  jede Nachricht einmal.

  @tc:KIM-0020 @art:positiv
  @req:KIM-PS-05 @req:KIM-PS-08 @req:KIM-PS-09 @req:KIM-PS-11 @req:KIM-PS-12 @req:KIM-PS-13
  @req:KIM-PS-22 @req:KOM-LE-A_2066 @req:KOM-LE-A_2007 @req:KOM-LE-A_2009
  Szenario: Eine Nachricht von Hand
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht sendet
    Dann hält sich das Praxissystem an die Regeln für den Versand
    Und der Versand ist gesichert und beginnt mit der vorgesehenen Begrüßung

  @tc:KIM-0021 @art:positiv @req:KIM-PS-06
  Szenariogrundriss: Anhänge heißen beim Empfänger wie beim Absender
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht mit dem Anhang <datei>
    Wenn sie die Nachricht sendet
    Dann ist der Name <datei> normgerecht kodiert

    Beispiele:
      | fall     | datei                    |
      | einfach  | befund.pdf               |
      | umlaut   | Befund Müller Größe.pdf  |
      | zeichen  | a;b=c.txt                |

  @tc:KIM-0022 @art:positiv @req:KIM-PS-18 @req:KOM-LE-A_2067 @req:KOM-LE-A_2031 @req:A_21390
  @req:A_21236 @req:KOM-LE-A_2041
  Szenario: Jede Nachricht wird einmal abgeholt
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Und sie die Nachricht sendet
    Wenn Praxis am Park zweimal ihre Nachrichten abruft
    Dann ist jede Nachricht genau einmal abgeholt
    Und der Abruf ist gesichert und zeigt vorab nur Kopfzeilen

  @tc:KIM-0023 @art:positiv @req:KIM-PS-19 @req:KOM-LE-A_2179-02
  Szenario: Eine persönliche Nachricht öffnet nur der Heilberufsausweis
    Angenommen die Klinik schreibt der Ärztin persönlich
    Wenn die Ärztin die Nachricht mit ihrer UserId abruft
    Dann nennt der Abruf ihre UserId
    Und die Nachricht ist mit dem Heilberufsausweis geöffnet

  @tc:KIM-0024 @art:negativ @req:KOM-LE-A_2045
  Szenario: Ohne UserId bleibt eine persönliche Nachricht verschlossen
    Angenommen die Klinik schreibt der Ärztin persönlich
    Wenn die Ärztin die Nachricht ohne UserId abruft
    Dann bleibt die Nachricht verschlossen, obwohl die SMC-B der Praxis gesteckt ist
