# language: de
@rolle:pvs
Funktionalität: Eine eAU entspricht ihrem Profil, bevor sie signiert wird
  Was dem Profil widerspricht, wird weder signiert noch versendet.

  @tc:EAU-0151 @art:negativ @req:P6-01
  Szenario: Eine widersprüchliche eAU wird nicht signiert
    Wenn die Ärztin eine Folgebescheinigung mit einem neuen Beginn ausstellen will
    Dann verlässt keine eAU die Praxis
