# language: de
@rolle:pvs
Funktionalität: Zustände, Fristen und Regeln der Leitung
  Jeder Aufruf gilt nur im richtigen Zustand, mit dem richtigen Code und zur richtigen Zeit. Was
  nicht gilt, lehnt der Fachdienst mit dem Wortlaut des Originals ab.

  @tc:ERP-0301 @req:A_19120-03 @art:negativ
  Szenariogrundriss: Die Praxis löscht nur, was niemand angenommen hat
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Praxis versucht, die Verordnung zu löschen
    Dann antwortet der Fachdienst der Praxis auf Task/$abort mit <status> "<text>"

    Beispiele:
      | fall          | zustand     | status | text                                                                             |
      | neu           | draft       | 403    | Abort not expected for newly created Task                                        |
      | angenommen    | in-progress | 403    | Task must not be in progress for users other than pharmacy, but is: in-progress  |
      | abgeschlossen | completed   | 403    | Task must be ready for doctor, but is: completed                                 |
      | gelöscht      | cancelled   | 410    | Task has already been deleted                                                    |

  @tc:ERP-0302 @req:A_19514-03 @art:negativ @rolle:avs
  Szenariogrundriss: Die Apotheke löscht nur, was sie angenommen hat
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Apotheke versucht, die Verordnung zu löschen
    Dann antwortet der Fachdienst auf Task/$abort mit <status> "<text>"

    Beispiele:
      | fall          | zustand   | status | text                                                       |
      | neu           | draft     | 403    | Abort not expected for newly created Task                  |
      | einlösbar     | ready     | 403    | Task must be in progress for user pharmacy, is: ready      |
      | abgeschlossen | completed | 403    | Task must be in progress for user pharmacy, is: completed  |
      | gelöscht      | cancelled | 410    | Task has already been deleted                              |

  @tc:ERP-0303 @req:A_19120-03 @art:positiv
  Szenario: Die Praxis löscht eine einlösbare Verordnung
    Angenommen eine Verordnung im Zustand ready
    Wenn die Praxis versucht, die Verordnung zu löschen
    Dann gelingt der Praxis Task/$abort mit 204

  @tc:ERP-0304 @req:A_19514-03 @art:positiv @rolle:avs
  Szenario: Die Apotheke löscht eine angenommene Verordnung
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung zu löschen
    Dann gelingt Task/$abort mit 204

  @tc:ERP-0305 @req:A_19120-03 @art:negativ
  Szenario: Ohne AccessCode löscht die Praxis nicht
    Angenommen eine Verordnung im Zustand ready
    Wenn die Praxis versucht, die Verordnung ohne AccessCode zu löschen
    Dann antwortet der Fachdienst der Praxis auf Task/$abort mit 403 "AccessCode mismatch"

  @tc:ERP-0306 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Mit falschem Geheimnis löscht die Apotheke nicht
    Angenommen eine Verordnung im Zustand in-progress
    Und das Geheimnis der Apotheke ist verfälscht
    Wenn die Apotheke versucht, die Verordnung zu löschen
    Dann antwortet der Fachdienst auf Task/$abort mit 403 "No or invalid secret provided for user pharmacy"

  @tc:ERP-0307 @req:A_19128 @art:negativ
  Szenariogrundriss: Einstellen geht nur einmal
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann antwortet der Fachdienst der Praxis auf Task/$activate mit <status> "<text>"

    Beispiele:
      | fall          | zustand     | status | text                                                |
      | angenommen    | in-progress | 403    | Task not in status draft but in status in-progress  |
      | abgeschlossen | completed   | 403    | Task not in status draft but in status completed    |
      | gelöscht      | cancelled   | 410    | Task has already been deleted                       |

  @tc:ERP-0308 @req:A_19514-03 @art:negativ @rolle:avs
  Szenariogrundriss: Annehmen geht nur, was einlösbar ist
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit <status> "<text>"

    Beispiele:
      | fall          | zustand     | status | text                                            |
      | neu           | draft       | 409    | Task has invalid status draft                   |
      | angenommen    | in-progress | 409    | Task has invalid status in-progress             |
      | abgeschlossen | completed   | 409    | Task has invalid status completed               |
      | gelöscht      | cancelled   | 410    | Task meanwhile deleted for prescription id      |

  @tc:ERP-0309 @req:A_19514-03 @art:negativ @rolle:avs
  Szenariogrundriss: Zurückgeben geht nur, was angenommen ist
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Apotheke versucht, die Verordnung zurückzugeben
    Dann antwortet der Fachdienst auf Task/$reject mit <status> "<text>"

    Beispiele:
      | fall          | zustand   | status | text                                           |
      | neu           | draft     | 403    | Task not in status in progress, is: draft      |
      | einlösbar     | ready     | 403    | Task not in status in progress, is: ready      |
      | abgeschlossen | completed | 403    | Task not in status in progress, is: completed  |
      | gelöscht      | cancelled | 410    | Task has already been deleted                  |

  @tc:ERP-0310 @req:A_19514-03 @art:negativ @rolle:avs
  Szenariogrundriss: Abschließen geht nur, was angenommen ist
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Apotheke versucht, die Verordnung abzuschließen
    Dann antwortet der Fachdienst auf Task/$close mit <status> "<text>"

    Beispiele:
      | fall          | zustand   | status | text                                           |
      | neu           | draft     | 403    | Task has to be in progress, but is: draft      |
      | einlösbar     | ready     | 403    | Task has to be in progress, but is: ready      |
      | abgeschlossen | completed | 403    | Task has to be in progress, but is: completed  |
      | gelöscht      | cancelled | 410    | Task has already been deleted                  |

  @tc:ERP-0311 @req:A_19514-03 @art:negativ @rolle:avs
  Szenariogrundriss: Beim Beliefern zählt das Geheimnis vor dem Zustand
    Angenommen eine Verordnung im Zustand <zustand>
    Wenn die Apotheke versucht, die Verordnung zu beliefern
    Dann antwortet der Fachdienst auf Task/$dispense mit 403 "<text>"

    Beispiele:
      | fall          | zustand   | text                                     |
      | neu           | draft     | No or invalid secret provided for Task   |
      | einlösbar     | ready     | No or invalid secret provided for Task   |
      | abgeschlossen | completed | Task not in-progress.                    |
      | gelöscht      | cancelled | No or invalid secret provided for Task   |

  @tc:ERP-0312 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Mit falschem Geheimnis beliefert niemand
    Angenommen eine Verordnung im Zustand in-progress
    Und das Geheimnis der Apotheke ist verfälscht
    Wenn die Apotheke versucht, die Verordnung zu beliefern
    Dann antwortet der Fachdienst auf Task/$dispense mit 403 "No or invalid secret provided for Task"

  @tc:ERP-0313 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Ohne Abgabedaten gibt es keine Quittung
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung ohne Abgabedaten abzuschließen
    Dann antwortet der Fachdienst auf Task/$close mit 403 "Abschluss des Workflows konnte nicht durchgeführt werden."

  @tc:ERP-0314 @req:A_19514-03 @art:positiv @rolle:avs
  Szenario: Nach dem Beliefern genügt ein leerer Abschluss
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung zu beliefern
    Und die Apotheke versucht, die Verordnung ohne Abgabedaten abzuschließen
    Dann gelingt Task/$dispense mit 204
    Und gelingt Task/$close mit 200

  @tc:ERP-0315 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Nach der Rückgabe wird kein Geheimnis wiederhergestellt
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung zurückzugeben
    Und die Apotheke versucht, die Verordnung wiederherzustellen
    Dann antwortet der Fachdienst auf Task/{id} mit 412 "Task must be in-progress or completed."

  @tc:ERP-0316 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Eine fremde Apotheke stellt kein Geheimnis wieder her
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die zweite Apotheke versucht, die Verordnung wiederherzustellen
    Dann antwortet der Fachdienst auf Task/{id} mit 412 "Task.owner doesn't match idNumberClaim in ACCESS_TOKEN"

  @tc:ERP-0317 @req:A_19514-03 @art:positiv @rolle:avs
  Szenario: Die annehmende Apotheke stellt ihr Geheimnis wieder her
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung wiederherzustellen
    Dann gelingt Task/{id} mit 200

  @tc:ERP-0318 @req:A_19514-03 @art:negativ
  Szenario: Die Praxis kann eine eingestellte Verordnung nicht lesen
    Angenommen eine Verordnung im Zustand ready
    Wenn die Praxis versucht, die Verordnung zu lesen
    Dann antwortet der Fachdienst auf Task/{id} mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.50"

  @tc:ERP-0319 @req:A_19514-03 @art:grenzwert @rolle:avs
  Szenario: Nach Ablauf der Einlösefrist nimmt niemand mehr an
    Angenommen eine Verordnung im Zustand ready
    Wenn 100 Tage vergehen
    Und die Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 403 "Verordnung bis "

  @tc:ERP-0320 @req:A_19128 @art:grenzwert
  Szenariogrundriss: Fristen zählen in Kalendertagen und enden spätestens am Monatsende
    Angenommen heute ist der <tag>
    Und eine signierte Verordnung mit Rechtsgrundlage <grundlage>
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann nennt der Fachdienst als ExpiryDate den <ablauf>
    Und nennt der Fachdienst als AcceptDate den <annahme>

    Beispiele:
      | fall                 | tag        | grundlage | ablauf     | annahme    |
      | gewöhnlich           | 2026-11-23 | 00        | 2027-02-23 | 2026-12-21 |
      | monatsende           | 2026-11-30 | 00        | 2027-02-28 | 2026-12-28 |
      | entlass-woche        | 2026-11-23 | 04        | 2027-02-23 | 2026-11-25 |
      | entlass-wochenende   | 2026-11-27 | 04        | 2027-02-27 | 2026-11-30 |
      | entlass-feiertage    | 2026-12-24 | 14        | 2027-03-24 | 2026-12-29 |

  @tc:ERP-0321 @req:A_19128 @req:A_22636 @art:positiv
  Szenariogrundriss: Jede Teilverordnung wird für sich eingestellt
    Angenommen eine signierte Teilverordnung <teil> von <teile>, einlösbar in 0 Tagen
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann gelingt der Praxis Task/$activate mit 200
    Und nennt das Dokument den Beginn der Einlösefrist

    Beispiele:
      | fall   | teil | teile |
      | erste  | 1    | 2     |
      | zweite | 2    | 2     |
      | vierte | 4    | 4     |

  @tc:ERP-0322 @req:A_19514-03 @art:negativ @rolle:avs
  Szenario: Vor ihrem Beginn ist eine Teilverordnung nicht einlösbar
    Angenommen eine signierte Teilverordnung 2 von 2, einlösbar in 10 Tagen
    Wenn die Praxis versucht, die Verordnung einzustellen
    Und die Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 403 "Teilverordnung zur Mehrfachverordnung"

  @tc:ERP-0323 @req:A_19514-03 @art:grenzwert @rolle:avs
  Szenario: Am ersten Tag ist eine Teilverordnung einlösbar
    Angenommen eine signierte Teilverordnung 2 von 2, einlösbar in 10 Tagen
    Wenn die Praxis versucht, die Verordnung einzustellen
    Und 10 Tage vergehen
    Und die Apotheke versucht, die Verordnung anzunehmen
    Dann gelingt Task/$accept mit 200

  @tc:ERP-0324 @req:A_19514-03 @req:A_22628 @req:A_22704 @req:A_22629 @req:A_22630 @art:negativ
  Szenariogrundriss: Unmögliche Teile einer Mehrfachverordnung werden abgelehnt
    Angenommen eine signierte Teilverordnung <teil> von <teile>, einlösbar in 0 Tagen
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann antwortet der Fachdienst auf Task/$activate mit 400 "<text>"

    Beispiele:
      | fall       | teil | teile | text                                                                     |
      | fünf       | 5    | 5     | Eine Mehrfachverordnungen darf aus maximal 4 Teilverordnungen bestehen   |
      | nullter    | 0    | 2     | Für eine Mehrfachverordnungen muss der numerator größer 0 sein.          |
      | einziger   | 1    | 1     | Eine Mehrfachverordnung muss aus mindestens 2 Teilverordnungen bestehen  |
      | überzählig | 3    | 2     | Numerator ist größer als denominator                                     |

  @tc:ERP-0325 @req:A_19514-03 @req:A_22632 @req:A_22633 @art:negativ
  Szenariogrundriss: Ersatz- und Entlassrezepte sind keine Mehrfachverordnungen
    Angenommen eine signierte Teilverordnung mit Rechtsgrundlage <grundlage>
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann antwortet der Fachdienst auf Task/$activate mit 400 "<text>"

    Beispiele:
      | fall          | grundlage | text                                                             |
      | entlass       | 04        | Für Entlassrezepte sind keine Mehrfachverordnungen zulässig      |
      | entlass-asv   | 14        | Für Entlassrezepte sind keine Mehrfachverordnungen zulässig      |
      | ersatz        | 10        | Für Ersatzverordnung sind keine Mehrfachverordnungen zulässig    |
      | ersatz-asv    | 11        | Für Ersatzverordnung sind keine Mehrfachverordnungen zulässig    |

  @tc:ERP-0326 @req:A_19514-03 @req:A_22231-01 @art:negativ
  Szenario: Betäubungsmittel nimmt der Fachdienst noch nicht an
    Angenommen eine signierte Verordnung der Kategorie 01
    Wenn die Praxis versucht, die Verordnung einzustellen
    Dann antwortet der Fachdienst auf Task/$activate mit 400 "BTM nicht zulässig"

  @tc:ERP-0327 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Wer die Regeln der Leitung bricht, erfährt es
    Wenn die Praxis eine Verordnung mit dem Fehler „<fehler>“ anlegt
    Dann antwortet der Fachdienst auf Task/$create mit <status> "<text>"

    Beispiele:
      | fall        | fehler                | status | text                                                      |
      | accept      | Accept */*            | 406    | Requested format                                          |
      | inhaltstyp  | Inhaltstyp text/plain | 415    | Invalid content type (mime type) received: text/plain     |
      | zeichensatz | Zeichensatz latin-1   | 415    | Invalid content type encoding received: iso-8859-1        |
      | bom         | Byte Order Mark       | 400    | illegal BOM before XML resource                           |
      | weg         | unbekannter Weg       | 405    | no matching handler found.                                |

  @tc:ERP-0328 @req:A_19514-03 @art:grenzwert
  Szenario: Wer zu oft ruft, wird ausgesperrt
    Angenommen der Fachdienst erlaubt 3 Aufrufe je Sekunde
    Wenn eine Apotheke in derselben Sekunde 4 Aufrufe macht
    Dann antwortet der Fachdienst auf Device mit 429 "Token with given sub used too often within certain timespan."

  @tc:ERP-0329 @req:A_19514-03 @req:A_20159-04 @art:negativ
  Szenario: Ist die Sperrauskunft unerreichbar, wird nicht eingestellt
    Angenommen eine Verordnung im Zustand draft
    Und die Sperrauskunft der Karten ist unerreichbar
    Wenn die Praxis versucht, die Verordnung ohne Sperrauskunft einzustellen
    Dann antwortet der Fachdienst auf Task/$activate mit 512 "OCSP Check failed, no response from the responder."

  @tc:ERP-0330 @req:A_19128 @art:positiv
  Szenario: Fehlt die Sperrauskunft in der Signatur, holt der Fachdienst sie selbst
    Angenommen eine Verordnung im Zustand draft
    Wenn die Praxis versucht, die Verordnung ohne Sperrauskunft einzustellen
    Dann gelingt der Praxis Task/$activate mit 200
