# language: de
@rolle:pvs
Funktionalität: Digitale Gesundheitsanwendungen
  Eine DiGA löst die Kasse ein, nicht die Apotheke.

  @tc:ERP-0601 @art:positiv @req:A_19514-03
  Szenario: Die Kasse löst eine zugewiesene DiGA ein
    Angenommen eine eingestellte DiGA-Verordnung
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der Kasse zuweist
    Und die Kasse die Verordnung einlöst
    Dann gelingt Communication mit 201
    Und gelingt Task/$accept mit 200
    Und gelingt Task/$close mit 200

  @tc:ERP-0602 @art:negativ @req:A_19514-03
  Szenario: Die Apotheke nimmt keine DiGA an
    Angenommen eine eingestellte DiGA-Verordnung
    Wenn die Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.54"

  @tc:ERP-0603 @art:negativ @req:A_19514-03
  Szenario: Die Kasse nimmt keine Arzneimittelverordnung an
    Angenommen eine Verordnung im Zustand ready
    Wenn die Kasse die Verordnung anzunehmen versucht
    Dann antwortet der Fachdienst auf Task/$accept mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.59"

  @tc:ERP-0604 @art:negativ @req:A_19514-03
  Szenario: Eine DiGA wird nicht der Apotheke zugewiesen
    Angenommen eine eingestellte DiGA-Verordnung
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der Apotheke zuweist
    Dann antwortet der Fachdienst auf Communication mit 403 "Der Empfänger darf den Flowtype für Digitale Gesundheitsanwendungen nicht empfangen"

  @tc:ERP-0605 @art:positiv @req:A_19514-03
  Szenario: Die Kasse gibt eine DiGA zurück und löst sie später ein
    Angenommen eine eingestellte DiGA-Verordnung
    Wenn die Kasse die Verordnung annimmt und zurückgibt
    Dann gelingt Task/$reject mit 204
    Wenn die Kasse die Verordnung einlöst
    Dann gelingt Task/$close mit 200

  @tc:ERP-0606 @art:positiv @req:A_19514-03
  Szenario: Die Kasse unterrichtet die Versicherte
    Angenommen eine eingestellte DiGA-Verordnung
    Wenn die Kasse der Versicherten schreibt
    Dann gelingt Communication mit 201
