# language: de
@rolle:pvs
Funktionalität: Das Clientmodul zwischen Praxis und Fachdienst
  Das Clientmodul folgt dem Benutzernamen, reicht Antworten unverändert durch und weist sich aus.

  @tc:KIM-0130 @art:positiv @req:KOM-LE-A_2006
  Szenario: Befehle und Antworten folgen den Mail-Normen
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht sendet
    Und Praxis am Park ihre Nachrichten abruft
    Dann folgen die Antworten des Clientmoduls den Normen für SMTP und POP3

  @tc:KIM-0131 @art:negativ @req:KOM-LE-A_2010
  Szenario: Der Benutzername nennt den Server
    Wenn die Praxis beim Anmelden einen Server nennt, der nicht antwortet
    Dann meldet das Clientmodul, dass der genannte Server nicht erreichbar ist

  @tc:KIM-0132 @art:negativ @req:A_21457
  Szenario: Die KonnektorId im Benutzernamen bestimmt den Konnektor
    Angenommen von zwei Konnektoren ist Konn_2 gestört
    Wenn die Praxis über Konn_1 und über Konn_2 je eine Nachricht sendet
    Dann gelingt nur der Versand über Konn_1

  @tc:KIM-0133 @art:positiv @req:KIM-PS-10
  Szenario: Ein übersprungener Teil des Benutzernamens ist ein Stern
    Wenn die Praxis ihre Nachrichten über Konn_1 ohne UserId abruft
    Dann steht im Benutzernamen ein Stern für die fehlende UserId

  @tc:KIM-0134 @art:negativ @req:KOM-LE-A_2018
  Szenario: Eine Ablehnung des Fachdienstes kommt unverändert an
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht, in der Reply-To: praxis@example.org steht
    Wenn sie die Nachricht unverändert sendet
    Und dieselbe Nachricht am Clientmodul vorbei gesendet wird
    Dann hört die Praxis die Ablehnung des Fachdienstes Zeichen für Zeichen

  @tc:KIM-0135 @art:grenzwert @req:KOM-LE-A_2023
  Szenario: Spätestens nach zwölf Stunden entscheidet wieder das Verzeichnis
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Und sie die Nachricht sendet
    Und Praxis am Park steht nicht mehr im Verzeichnis
    Wenn die Praxis zwölf Stunden später noch einmal an Praxis am Park schreibt
    Dann endet der Versand mit 451, weil das Verzeichnis kein Zertifikat mehr nennt

  @tc:KIM-0136 @art:positiv @req:KOM-LE-A_2074
  Szenario: Am Fachdienst weist sich das Clientmodul aus
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht sendet
    Dann hat der Fachdienst TLS und das Zertifikat des Clientmoduls gesehen

  @tc:KIM-0137 @art:positiv @req:KOM-LE-A_2181
  Szenario: Ein Praxissystem darf ein Clientzertifikat zeigen oder keines
    Wenn die Praxis sich einmal mit und einmal ohne Clientzertifikat anmeldet
    Dann gelingen beide Anmeldungen
