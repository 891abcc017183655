# language: de
@rolle:pvs
Funktionalität: Versicherte mit App
  Die Versicherte sieht ihre Verordnungen, weist sie zu, lässt sich vertreten und löscht, was ihr
  gehört. Was nicht ihr gehört oder nicht im richtigen Zustand ist, lehnt der Fachdienst ab.

  @tc:ERP-1401 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Die Versicherte löscht nur in erlaubten Zuständen
    Angenommen eine Verordnung mit Workflow <workflow> im Zustand <zustand>
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung zu löschen
    Dann antwortet der Fachdienst auf Task/$abort mit <status> "<text>"

    Beispiele:
      | fall           | workflow | zustand     | status | text                                                                             |
      | angenommen     | 160      | in-progress | 403    | Task must not be in progress for users other than pharmacy, but is: in-progress  |
      | gelöscht       | 160      | cancelled   | 410    | Task has already been deleted                                                    |
      | direkt-169     | 169      | ready       | 403    | Abort for patient in workflow types 169 / 209 only allowed for completed Task    |
      | direkt-209     | 209      | ready       | 403    | Abort for patient in workflow types 169 / 209 only allowed for completed Task    |
      | direkt-169-da  | 169      | in-progress | 403    | Task must not be in progress for users other than pharmacy, but is: in-progress  |
      | direkt-169-weg | 169      | cancelled   | 410    | Task has already been deleted                                                    |

  @tc:ERP-1402 @req:A_19514-03 @art:negativ
  Szenario: Eine noch nicht eingestellte Verordnung löscht niemand
    Angenommen eine Verordnung im Zustand draft
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung mit AccessCode zu löschen
    Dann antwortet der Fachdienst auf Task/$abort mit 403 "Abort not expected for newly created Task"

  @tc:ERP-1403 @req:A_19514-03 @art:positiv
  Szenariogrundriss: Die Versicherte löscht ohne AccessCode, was ihr gehört
    Angenommen eine Verordnung mit Workflow <workflow> im Zustand <zustand>
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung zu löschen
    Dann gelingt Task/$abort mit 204

    Beispiele:
      | fall              | workflow | zustand   |
      | einlösbar         | 160      | ready     |
      | abgeschlossen     | 160      | completed |
      | direkt-fertig     | 169      | completed |
      | privat            | 200      | ready     |
      | privat-direkt     | 209      | completed |

  @tc:ERP-1404 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Fremde Verordnungen gibt es nur mit AccessCode
    Angenommen eine Verordnung mit Workflow <workflow> im Zustand ready
    Und eine fremde Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung <versuch>
    Dann antwortet der Fachdienst auf <aufruf> mit 403 "AccessCode mismatch"

    Beispiele:
      | fall         | workflow | versuch                            | aufruf      |
      | lesen        | 160      | zu lesen                           | Task/{id}   |
      | löschen      | 160      | zu löschen                         | Task/$abort |
      | raten        | 160      | mit falschem AccessCode zu löschen | Task/$abort |
      | direkt-lesen | 169      | mit AccessCode zu lesen            | Task/{id}   |

  @tc:ERP-1405 @req:A_19514-03 @art:positiv
  Szenariogrundriss: Eine Vertretung mit AccessCode darf lesen und löschen
    Angenommen eine Verordnung im Zustand ready
    Und eine fremde Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung <versuch>
    Dann gelingt <aufruf> mit <status>

    Beispiele:
      | fall    | versuch                   | aufruf      | status |
      | lesen   | mit AccessCode zu lesen   | Task/{id}   | 200    |
      | löschen | mit AccessCode zu löschen | Task/$abort | 204    |

  @tc:ERP-1406 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Nicht jeder Zustand ist lesbar
    Angenommen eine Verordnung im Zustand <zustand>
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung zu lesen
    Dann antwortet der Fachdienst auf Task/{id} mit <status> "<text>"

    Beispiele:
      | fall     | zustand   | status | text                                          |
      | neu      | draft     | 403    | Status draft is not allowed for this operation |
      | gelöscht | cancelled | 410    | Task has already been deleted                  |

  @tc:ERP-1407 @req:A_19514-03 @art:positiv
  Szenariogrundriss: Die Versicherte liest ihre Verordnung in jedem späteren Zustand
    Angenommen eine Verordnung im Zustand <zustand>
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung zu lesen
    Dann gelingt Task/{id} mit 200

    Beispiele:
      | fall          | zustand     |
      | einlösbar     | ready       |
      | angenommen    | in-progress |
      | abgeschlossen | completed   |

  @tc:ERP-1408 @req:A_19514-03 @req:A_19018-01 @art:negativ
  Szenario: Die Versicherte legt keine Verordnung an
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte versucht, die Verordnung anzulegen
    Dann lehnt der Fachdienst Task/$create mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.49" ab
    Wenn die Versicherte versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.49"

  @tc:ERP-1409 @req:A_19514-03 @art:positiv
  Szenariogrundriss: Die Versicherte sieht Listen ihrer Daten
    Angenommen eine Verordnung im Zustand completed
    Und die Versicherte hat die App
    Wenn die Versicherte <was> abruft
    Dann nennt die Antwort auf <aufruf> <anzahl> Treffer

    Beispiele:
      | fall        | was                         | aufruf             | anzahl |
      | aufgaben    | Task                        | Task               | 1      |
      | seite       | Task?_count=50              | Task               | 1      |
      | anderer     | Task?status=ready           | Task               | 0      |
      | abgaben     | MedicationDispense          | MedicationDispense | 1      |
      | nachrichten | Communication               | Communication      | 0      |
      | abrechnung  | ChargeItem                  | ChargeItem         | 0      |
      | einwilligung| Consent                     | Consent            | 0      |

  @tc:ERP-1410 @req:A_19514-03 @art:positiv
  Szenariogrundriss: Der Fachdienst gibt Auskunft über sich
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte <was> abruft
    Dann gelingt <was> mit 200

    Beispiele:
      | fall       | was        |
      | gerät      | Device     |
      | fähigkeit  | metadata   |
      | protokoll  | AuditEvent |

  @tc:ERP-1411 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Zugewiesen wird nur, was einlösbar ist, und nur an passende Empfänger
    Angenommen eine Verordnung im Zustand <zustand>
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der <empfänger> zuweist
    Dann antwortet der Fachdienst auf Communication mit <status> "<text>"

    Beispiele:
      | fall       | zustand     | empfänger        | status | text                                                                            |
      | angenommen | in-progress | Apotheke         | 400    | Task has invalid status.                                                        |
      | an-praxis  | ready       | Praxis           | 403    | Der Empfänger darf den Flowtype für Apothekenpflichtige Arzneimittel nicht empfangen |
      | an-kasse   | ready       | Kasse            | 403    | Der Empfänger darf den Flowtype für Apothekenpflichtige Arzneimittel nicht empfangen |
      | ohne-strich| ready       | Bindestrich-lose | 400    | FHIR-Validation error                                                           |

  @tc:ERP-1412 @req:A_19514-03 @art:negativ
  Szenariogrundriss: Der Inhalt einer Zuweisung folgt der vorgegebenen Form
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte eine Zuweisung mit dem Inhalt <inhalt> sendet
    Dann antwortet der Fachdienst auf Communication mit 400 "<text>"

    Beispiele:
      | fall          | inhalt                                                  | text                                                  |
      | kein-json     | hallo                                                   | Invalid JSON in payload.contentString                 |
      | text-version  | {"version": "1", "supplyOptionsType": "onPremise"}      | version must be 'integer'                             |
      | version-2     | {"version": 2, "supplyOptionsType": "onPremise"}        | Invalid payload version: 2                            |
      | unbekannt     | {"version": 1, "supplyOptionsType": "drone"}            | Invalid payload: does not conform to expected JSON schema |
      | zusatz        | {"version": 1, "supplyOptionsType": "onPremise", "x": 1}| Invalid payload: does not conform to expected JSON schema |

  @tc:ERP-1413 @req:A_19514-03 @art:grenzwert
  Szenario: Mehr als zehn Vertretungen gibt es nicht
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Und die Versicherte vertritt 10 Personen
    Wenn die Versicherte jede davon um Vertretung bittet
    Dann gelingt Communication mit 201
    Wenn die Versicherte jede davon um Vertretung bittet
    Dann antwortet der Fachdienst auf Communication mit 429 "There are already 10"

  @tc:ERP-1414 @req:A_19514-03 @art:negativ
  Szenario: Niemand schreibt sich selbst
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte sich selbst um Vertretung bittet
    Dann antwortet der Fachdienst auf Communication mit 400 "messages to self are not permitted"

  @tc:ERP-1415 @req:A_19514-03 @art:negativ
  Szenario: Nach Ablauf weist niemand mehr zu
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn 100 Tage vergehen
    Und die Versicherte die Verordnung der Apotheke zuweist
    Dann antwortet der Fachdienst auf Communication mit 400 "Task is expired."

  @tc:ERP-1416 @req:A_19514-03 @art:negativ
  Szenario: Mit fremdem AccessCode weist niemand zu
    Angenommen eine Verordnung im Zustand ready
    Und eine fremde Versicherte hat die App
    Wenn die Versicherte die Verordnung mit falschem AccessCode zuweist
    Dann antwortet der Fachdienst auf Communication mit 403 "AccessCode mismatch"
