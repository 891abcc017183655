# language: de
@rolle:pvs @art:positiv
Funktionalität: Was in einer Verordnung steht
  Das signierte Dokument sagt, was die Ärztin verordnet hat, in der Form, die jeder Empfänger
  auswerten kann.

  @tc:ERP-1101 @req:P36-41
  Szenariogrundriss: Die Wirkstärke steht als Menge und Bezugsmenge
    Angenommen die Ärztin verordnet GKV-versichert eine <art>-Verordnung mit Workflow 160
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann ist jede Wirkstärke nach Zahl und Einheit getrennt

    Beispiele:
      | fall      | art       |
      | pzn       | PZN       |
      | wirkstoff | Wirkstoff |
      | rezeptur  | Rezeptur  |

  @tc:ERP-1102 @req:P36-22
  Szenario: Die Angaben eines Präparats stammen unverändert aus den Stammdaten
    Angenommen die Ärztin verordnet GKV-versichert eine PZN-Verordnung mit Workflow 160
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann stehen die Stammdaten des Präparats unverändert im Dokument

  @tc:ERP-1103 @req:P36-04 @req:P36-43
  Szenariogrundriss: Der Dosierungstext entsteht aus der gegliederten Dosierung
    Angenommen die Ärztin verordnet ein Präparat mit der Dosierung „<dosierung>“
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann ist die Verordnung einlösbar
    Und entspricht die Dosierung ihrem Profil und ihr Text den Daten

    Beispiele:
      | fall     | dosierung               |
      | tageszeit | morgens und abends     |
      | uhrzeit  | um 8 und um 20 Uhr      |
      | wochentag | montags und donnerstags |
      | freitext | nach Bedarf             |

  @tc:ERP-1104 @req:P36-34
  Szenariogrundriss: Wer in Weiterbildung ist, nennt die verantwortliche Person
    Angenommen eine Verordnung von <person>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann steht eine verantwortliche Person nur, wo sie hingehört

    Beispiele:
      | fall          | person                                            |
      | weiterbildung | einer Ärztin in Weiterbildung ohne eigene Nummer  |
      | vertretung    | einer Vertreterin                                 |
      | ärztin        | einer Ärztin                                      |

  @tc:ERP-1105 @req:P36-38
  Szenariogrundriss: Nach einem Arbeitsunfall zahlt der Unfallversicherer
    Angenommen die Ärztin verordnet nach einem Arbeitsunfall zu Lasten <kostenträger>
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann nennt das Dokument den Unfallversicherer mit seinem Institutionskennzeichen

    Beispiele:
      | fall | kostenträger |
      | bg   | BG           |
      | uk   | UK           |

  @tc:ERP-1106 @req:A_19559
  Szenario: Signiert wird die kanonische Form
    Angenommen eine einlösbare Verordnung
    Dann ist das signierte Dokument seine eigene kanonische Form

  @tc:ERP-1107 @req:A_27834 @req:A_27835
  Szenariogrundriss: Ein T-Rezept trägt die Signatur einer Ärztin und reicht nicht zu lange
    Angenommen T-Rezepte sind zugelassen
    Und die Ärztin verordnet ein T-Rezept für <wochen> Wochen, gebärfähig <gebärfähig>
    Wenn die Praxis die Verordnung einzustellen versucht
    Dann hat eine Ärztin das T-Rezept signiert
    Und überschreitet die Reichdauer die gesetzliche Grenze nicht

    Beispiele:
      | fall           | wochen | gebärfähig |
      | höchstens-vier | 4      | ja         |
      | höchstens-zwölf | 12    | nein       |
