# language: de
@rolle:pvs
Funktionalität: Zurückgeben und Löschen
  Bis zur Abgabe bleibt ein E-Rezept rückholbar: die Apotheke gibt zurück, die Praxis löscht.

  @punkt:CL-SST-06
  @tc:ERP-0101 @art:positiv @req:A_19250 @rolle:avs
  Szenario: Eine Apotheke gibt zurück, eine andere löst ein
    Angenommen eine einlösbare Verordnung
    Und eine Apotheke hat die Verordnung angenommen
    Wenn die Apotheke die Verordnung zurückgibt
    Und eine andere Apotheke die Verordnung einlöst
    Dann wurde die Rückgabe mit dem Geheimnis bestätigt
    Und hat die Apotheke die unveränderte Verordnung und eine gültige Quittung

  @tc:ERP-0102 @art:positiv @req:A_19239-01 @req:A_19238
  Szenario: Die Praxis löscht eine Verordnung, die noch niemand angenommen hat
    Angenommen eine einlösbare Verordnung
    Wenn die Praxis die Verordnung löscht
    Dann wurde das Löschen mit dem AccessCode bestätigt

  @tc:ERP-0103 @art:negativ @req:A_19558-01
  Szenario: Eine gelöschte Verordnung ist nicht mehr einlösbar
    Angenommen eine einlösbare Verordnung
    Wenn die Praxis die Verordnung löscht
    Und eine Apotheke die Verordnung anzunehmen versucht
    Dann lehnt der Fachdienst Task/$accept mit 410 "Task meanwhile deleted for prescription id" ab

  @tc:ERP-0104 @art:negativ @req:A_19120-03
  Szenario: Was in der Apotheke liegt, kann die Praxis nicht löschen
    Angenommen eine einlösbare Verordnung
    Und eine Apotheke hat die Verordnung angenommen
    Wenn die Praxis die Verordnung zu löschen versucht
    Dann lehnt der Fachdienst Task/$abort mit 403 "Task must not be in progress for users other than pharmacy, but is: in-progress" ab
