# language: de
@rolle:avs
Funktionalität: Abrechnung privater Verordnungen
  Abrechnungsinformationen speichert der Fachdienst nur mit Einwilligung. Sie gehören der
  Versicherten.

  @tc:ERP-0701 @art:positiv @req:A_19514-03
  Szenariogrundriss: Mit Einwilligung wird die Abrechnung gespeichert
    Angenommen eine Verordnung mit Workflow <workflow> im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Dann gelingt Consent mit 201
    Und gelingt ChargeItem mit 201
    Wenn die Versicherte versucht, die Abrechnung zu lesen
    Dann gelingt ChargeItem/{id} mit 200

    Beispiele:
      | fall   | workflow |
      | privat | 200      |
      | direkt | 209      |

  @tc:ERP-0702 @art:negativ @req:A_19514-03
  Szenario: Ohne Einwilligung wird nichts gespeichert
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Wenn die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Dann antwortet der Fachdienst auf ChargeItem mit 403 "Die versicherte Person hat keine Einwilligung im E-Rezept Fachdienst hinterlegt."

  @tc:ERP-0703 @art:negativ @req:A_19514-03
  Szenario: Zweimal wird nicht abgerechnet
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Und die Apotheke abrechnet
    Dann antwortet der Fachdienst auf ChargeItem mit 409 "ChargeItem already exists"

  @tc:ERP-0704 @art:negativ @req:A_19514-03
  Szenario: Eine gesetzliche Verordnung wird hier nicht abgerechnet
    Angenommen eine Verordnung mit Workflow 160 im Zustand ready
    Wenn die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Dann antwortet der Fachdienst auf ChargeItem mit 400 "Referenced task is not of a flowtype"

  @tc:ERP-0705 @art:negativ @req:A_19514-03
  Szenario: Eingewilligt wird einmal
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Versicherte in die Speicherung der Abrechnung einwilligt
    Dann antwortet der Fachdienst auf Consent mit 409 "CHARGCONS consent already exists for this kvnr"

  @tc:ERP-0706 @art:negativ @req:A_19514-03
  Szenariogrundriss: Widerrufen wird, was erteilt ist
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte die Einwilligung der Art <art> widerruft
    Dann antwortet der Fachdienst auf Consent mit <status> "<text>"

    Beispiele:
      | fall       | art       | status | text                                        |
      | ohne       | ohne      | 405    | Category must be specified                  |
      | unbekannt  | SONSTIGES | 400    | Invalid category                            |
      | nie        | CHARGCONS | 404    | Could not find any consent for given KVNR   |

  @tc:ERP-0707 @art:positiv @req:A_19514-03
  Szenario: Mit dem Widerruf verschwindet die Abrechnung
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Und die Versicherte die Einwilligung widerruft
    Und die Versicherte versucht, die Abrechnung zu lesen
    Dann antwortet der Fachdienst auf ChargeItem/{id} mit 404 "no ChargeItem found for id"

  @tc:ERP-0708 @art:positiv @req:A_19514-03
  Szenariogrundriss: Die Versicherte verfügt über die Abrechnung
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Und die Versicherte versucht, die Abrechnung <versuch>
    Dann gelingt ChargeItem/{id} mit <status>

    Beispiele:
      | fall      | versuch                      | status |
      | markieren | als eingereicht zu markieren | 200    |
      | löschen   | zu löschen                   | 204    |

  @tc:ERP-0709 @art:negativ @req:A_19514-03
  Szenario: Ohne AccessCode liest die Apotheke die Abrechnung nicht wieder
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Und die Apotheke die Abrechnung ohne AccessCode zu lesen versucht
    Dann antwortet der Fachdienst auf ChargeItem/{id} mit 403 "AccessCode mismatch"

  @tc:ERP-0710 @art:positiv @req:A_19514-03
  Szenario: Die Versicherte bittet um Änderung der Abrechnung
    Angenommen eine Verordnung mit Workflow 200 im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte in die Speicherung der Abrechnung einwilligt
    Und die Apotheke die Verordnung annimmt und beliefert
    Und die Apotheke abrechnet
    Und die Versicherte um Änderung der Abrechnung bittet
    Dann gelingt Communication mit 201
