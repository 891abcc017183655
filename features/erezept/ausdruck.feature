# language: de
@rolle:pvs
Funktionalität: Patientenausdruck und Wege der Apotheke
  Der Ausdruck trägt, was die Verordnungen sagen, und Codes, mit denen eine Apotheke einlöst.
  Die Apotheke kommt später noch an ihre Quittung und kann eine Verordnung löschen.

  @tc:ERP-0950 @art:positiv @req:A_19554 @req:A_19279 @req:A_19280 @req:A_19543 @req:A_19553-01
  @req:P6-24 @req:P6-241 @req:P6-242 @req:P6-243 @req:P6-25 @req:P6-26 @req:P6-27 @req:P6-31 @req:P6-311
  Szenariogrundriss: Mehrere Verordnungen stehen auf einem Blatt
    Angenommen die Ärztin verordnet <versicherung>-versichert eine PZN-Verordnung mit Workflow <workflow>
    Wenn die Praxis <anzahl> Verordnungen einstellt und auf ein Blatt druckt
    Dann stimmt der Ausdruck mit den Verordnungen überein

    Beispiele:
      | fall     | versicherung | workflow | anzahl |
      | zwei-gkv | GKV          | 160      | 2      |
      | drei-pkv | PKV          | 200      | 3      |

  @tc:ERP-0951 @art:positiv @req:A_19292 @rolle:avs
  Szenario: Die Apotheke holt ihre Quittung ein zweites Mal
    Angenommen eine einlösbare Verordnung
    Wenn eine Apotheke die Verordnung einlöst
    Und die Apotheke die Quittung erneut holt
    Dann hat die Apotheke dieselbe Quittung ein zweites Mal

  @tc:ERP-0952 @art:positiv @req:A_19244 @rolle:avs
  Szenario: Die Apotheke löscht eine angenommene Verordnung
    Angenommen eine einlösbare Verordnung
    Und eine Apotheke hat die Verordnung angenommen
    Wenn die Apotheke die angenommene Verordnung löscht
    Dann wurde das Löschen der Apotheke mit AccessCode und Geheimnis bestätigt
