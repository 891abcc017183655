# language: de
@rolle:pvs @braucht:fhir-pakete
Funktionalität: Was eingestellt wird, entspricht den Profilen der KBV
  Der Fachdienst nimmt nur an, was den amtlichen Profilen entspricht. Liegen deren Pakete nicht vor,
  ist die Frage nicht entscheidbar, im Selbsttest nicht anwendbar, niemals bestanden.

  @tc:ERP-0801 @art:positiv @req:P36-01
  Szenariogrundriss: Eine eingestellte Verordnung ist nach ihrem Profil gültig
    Angenommen die Ärztin verordnet <versicherung>-versichert eine <art>-Verordnung mit Workflow <workflow>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann entspricht jedes eingestellte Dokument seinem KBV-Profil

    Beispiele:
      | fall      | versicherung | art       | workflow |
      | pzn       | GKV          | PZN       | 160      |
      | wirkstoff | GKV          | Wirkstoff | 160      |
      | freitext  | PKV          | Freitext  | 200      |
      | rezeptur  | GKV          | Rezeptur  | 169      |

  @tc:ERP-0802 @art:negativ @req:A_23384-05 @req:P6-01
  Szenario: Eine Verordnung ohne Pflichtangabe wird nicht angenommen
    Angenommen die Ärztin signiert eine Verordnung ohne Status
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "FHIR-Validation error" ab
    Und ist nichts eingestellt

  @tc:ERP-0803 @art:negativ @req:A_23384-05
  Szenariogrundriss: Die versionId gehört zu Profil 1.4 und nur dorthin
    Angenommen die Ärztin signiert nach KBV-Profil <version> eine Verordnung <womit> versionId
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "FHIR-Validation error" ab

    Beispiele:
      | fall     | version | womit |
      | neu-ohne | 1.4     | ohne  |
      | alt-mit  | 1.3     | mit   |
