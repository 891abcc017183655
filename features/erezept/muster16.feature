# language: de
@rolle:pvs
Funktionalität: E-Rezept von der Verordnung bis zur Quittung
  Eine Ärztin verordnet im PVS, signiert mit dem Heilberufsausweis und stellt ein;
  die Apotheke löst ein, gibt ab und erhält die Quittung. Alles über die Leitung.

  @punkt:CL-ABL-02 @punkt:CL-GOL-05b @punkt:CL-SST-05
  @tc:ERP-0001 @art:positiv @req:A_19274 @req:A_19272 @req:A_19276 @req:A_19281-03 @req:P36-31
  @req:A_19275 @req:A_19021-02 @req:A_19273-01 @req:A_22893 @req:P36-21 @req:P36-37 @req:P36-39 @req:P4-01
  @req:A_19128 @req:A_19114 @req:A_19217-01 @req:P36-26 @req:P36-29 @req:P36-32 @req:K36-33 @req:P36-42
  @req:K36-35
  @req:K36-23 @req:P36-25 @req:K36-24 @req:A_19289 @req:A_19900 @req:A_19901 @req:A_20766
  Szenariogrundriss: Eine Verordnung wird geschrieben, signiert, eingestellt und eingelöst
    Angenommen die Ärztin verordnet <versicherung>-versichert eine <art>-Verordnung mit Workflow <workflow>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann ist die Verordnung einlösbar
    Und hält das Dokument die Feldbedingungen ein
    Und das Arzneimittel steht im Profil der Art <art>
    Wenn eine Apotheke die Verordnung einlöst
    Dann hat die Apotheke die unveränderte Verordnung und eine gültige Quittung

    Beispiele:
      | fall              | versicherung | art       | workflow |
      | pzn-160-gkv       | GKV          | PZN       | 160      |
      | wirkstoff-160-gkv | GKV          | Wirkstoff | 160      |
      | freitext-160-gkv  | GKV          | Freitext  | 160      |
      | rezeptur-160-gkv  | GKV          | Rezeptur  | 160      |
      | pzn-169-gkv       | GKV          | PZN       | 169      |
      | wirkstoff-169-gkv | GKV          | Wirkstoff | 169      |
      | freitext-169-gkv  | GKV          | Freitext  | 169      |
      | rezeptur-169-gkv  | GKV          | Rezeptur  | 169      |
      | pzn-200-pkv       | PKV          | PZN       | 200      |
      | wirkstoff-200-pkv | PKV          | Wirkstoff | 200      |
      | freitext-200-pkv  | PKV          | Freitext  | 200      |
      | rezeptur-200-pkv  | PKV          | Rezeptur  | 200      |
      | pzn-209-pkv       | PKV          | PZN       | 209      |
      | wirkstoff-209-pkv | PKV          | Wirkstoff | 209      |
      | freitext-209-pkv  | PKV          | Freitext  | 209      |
      | rezeptur-209-pkv  | PKV          | Rezeptur  | 209      |

  @punkt:CL-ZON-03
  @tc:ERP-0002 @art:positiv @req:A_19234-01 @req:A_20015-02 @req:A_21568-02 @req:A_19741-01 @req:A_20161-01 @req:A_20175 @req:A_21569-01
  Szenario: Alle Aufrufe laufen über TLS und den Vertrauenswürdigen Ausführungskanal
    Angenommen eine einlösbare Verordnung
    Wenn eine Apotheke die Verordnung einlöst
    Dann entspricht der Transport aller Nachrichten den Vorgaben

  @punkt:CL-SST-04
  @tc:ERP-0003 @art:positiv @req:A_20667-03
  Szenario: Die Praxis meldet sich mit der SMC-B an und nutzt das Token mehrfach
    Angenommen die Ärztin verordnet GKV-versichert eine PZN-Verordnung mit Workflow 160
    Wenn die Praxis die Verordnung signiert und einstellt
    Und die Praxis eine weitere Verordnung einstellt
    Dann hat sich die Praxis genau einmal mit ihrer Karte angemeldet

  @tc:ERP-0004 @art:grenzwert @req:A_20667-03
  Szenario: Ein abgelaufenes Token wird ohne Zutun erneuert
    Angenommen eine einlösbare Verordnung
    Wenn 301 Sekunden vergehen
    Und die Praxis eine weitere Verordnung einstellt
    Dann hat sich die Praxis genau zweimal mit ihrer Karte angemeldet

  @punkt:CL-GOL-06c
  @tc:ERP-0005 @art:positiv @req:A_19900 @req:A_19289
  Szenario: Der Patientenausdruck trägt den Einlösecode der Verordnung
    Angenommen eine einlösbare Verordnung
    Wenn die Praxis den Patientenausdruck erzeugt
    Und eine Apotheke mit dem Code des Ausdrucks einlöst
    Dann hat die Apotheke die unveränderte Verordnung und eine gültige Quittung

  @tc:ERP-0006 @art:positiv @req:P36-21
  Szenariogrundriss: Die Profilversion folgt dem Ausstellungstag
    Angenommen heute ist der <tag>
    Und die Ärztin verordnet nach KBV-Profil <version>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann ist die Verordnung einlösbar

    Beispiele:
      | fall             | tag        | version |
      | beide-alt        | 2026-11-23 | 1.3     |
      | beide-neu        | 2026-11-23 | 1.4     |
      | letzter-tag-alt  | 2027-01-14 | 1.3     |
      | nur-noch-neu     | 2027-01-20 | 1.4     |

  @tc:ERP-0007 @art:positiv @req:A_20661-01 @req:A_20654-01 @req:A_20660-01 @req:A_20662-01
  @req:A_20665-02 @req:A_20666-02 @req:A_20671-02 @req:A_21334-01 @req:A_20655-01
  Szenario: Die Anmeldung mit der SMC-B folgt den Schritten des IDP
    Angenommen die Ärztin verordnet GKV-versichert eine PZN-Verordnung mit Workflow 160
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann folgt die Anmeldung den Schritten des IDP

  @tc:ERP-0008 @art:positiv @req:A_22541-01 @req:A_22542-01
  Szenariogrundriss: Private Verordnungen nennen KVNR und Kostenträgerart
    Angenommen die Ärztin verordnet PKV-versichert eine PZN-Verordnung mit Workflow <workflow>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann nennt das Dokument KVNR und PKV

    Beispiele:
      | fall   | workflow |
      | privat | 200      |
      | direkt | 209      |
