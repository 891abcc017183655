# language: de
@rolle:pvs
Funktionalität: Anmeldung am Clientmodul und Regeln des Fachdienstes
  Der Benutzername führt zu Postfach, Konnektor und Karten. Was nicht stimmt, wird mit dem
  vorgesehenen Code abgewiesen, bevor eine Nachricht unterwegs ist.

  @tc:KIM-0100 @art:negativ @req:KOM-LE-A_2008 @req:A_21519-02 @req:KOM-LE-A_2015-01
  @req:KOM-LE-A_2075-01
  Szenariogrundriss: Eine fehlerhafte Anmeldung hat ihren Code
    Wenn die Praxis sich zum Senden anmeldet und <mangel>
    Dann antwortet das Clientmodul auf <befehl> mit <code>

    Beispiele:
      | fall        | mangel                                        | befehl | code |
      | vorher      | vorher schon senden will                      | MAIL   | 530  |
      | name        | der Benutzername unvollständig ist            | AUTH   | 501  |
      | mandant     | der Konnektor den Mandanten nicht kennt       | AUTH   | 501  |
      | passwort    | das Passwort falsch ist                       | AUTH   | 535  |
      | zertifikat  | das Zertifikat des Fachdienstes ungültig ist  | AUTH   | 454  |

  @tc:KIM-0106 @art:negativ @req:KOM-LE-A_2015-01 @fehler:kim_fachdienst/mta_nicht_bereit
  Szenario: Ein Fachdienst, der nicht bereit ist, wird als Störung gemeldet
    Wenn die Praxis sich zum Senden anmeldet und der Fachdienst nicht bereit ist
    Dann antwortet das Clientmodul auf AUTH mit 421

  @tc:KIM-0101 @art:negativ @req:A_21518-02 @req:KOM-LE-A_2037-01
  Szenariogrundriss: Ein fehlerhafter Abruf wird abgewiesen
    Wenn die Praxis sich zum Abruf anmeldet und <mangel>
    Dann weist das Clientmodul <befehl> ab

    Beispiele:
      | fall     | mangel                             | befehl |
      | name     | der Benutzername unvollständig ist | USER   |
      | passwort | das Passwort falsch ist            | PASS   |

  @tc:KIM-0102 @art:negativ @req:KOM-LE-A_2021
  Szenario: Ohne freigeschaltete SMC-B wird nichts gesendet
    Angenommen die Karte ist nicht freigeschaltet
    Und die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht sendet
    Dann endet der Versand mit 451, weil nicht signiert werden kann

  @tc:KIM-0103 @art:negativ @req:A_19355-01
  Szenario: Eine Nachricht über der Grenze des Kontos
    Angenommen das Konto der Praxis erlaubt höchstens 20000 Zeichen je Nachricht
    Und die Praxis schreibt an Praxis am Park eine Nachricht mit 30000 Zeichen
    Wenn sie die Nachricht sendet
    Dann endet der Versand mit 552, weil die Nachricht zu groß ist

  @tc:KIM-0104 @art:negativ @req:A_23421
  Szenario: Niemand sendet unter fremder Adresse
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht
    Wenn sie die Nachricht unter der Adresse der Klinik sendet
    Dann lehnt der Fachdienst den fremden Absender ab

  @tc:KIM-0105 @art:negativ @req:A_23422
  Szenariogrundriss: Kopfzeilen passen zum Absender
    Angenommen die Praxis schreibt an Praxis am Park eine Nachricht, in der <kopfzeile> steht
    Wenn sie die Nachricht unverändert sendet
    Dann lehnt der Fachdienst die Kopfzeilen ab

    Beispiele:
      | fall     | kopfzeile                                               |
      | from     | From: klinik.aufnahme@pruefstand.kim.telematik-test     |
      | sender   | Sender: klinik.aufnahme@pruefstand.kim.telematik-test   |
      | reply_to | Reply-To: praxis@example.org                            |
