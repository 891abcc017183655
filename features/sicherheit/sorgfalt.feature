# language: de
@rolle:pvs
Funktionalität: Was vor dem Vertrauen geprüft und für jede Anmeldung neu gewürfelt wird
  Der Konnektor kennt die Zertifikate der TI; ihn fragt das System, bevor es einem Dienst etwas
  anvertraut. Geheimnisse einer Anmeldung gibt es nur einmal.

  @tc:SIC-0008 @art:positiv @req:A_20764 @req:A_20675-01
  Szenario: Der Konnektor bestätigt die Zertifikate von VAU und Anmeldedienst
    Angenommen die Ärztin verordnet GKV-versichert eine PZN-Verordnung mit Workflow 160
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann hat der Konnektor die Zertifikate von VAU und Anmeldedienst bestätigt

  @tc:SIC-0009 @art:negativ @req:A_20764 @req:A_20769 @fehler:erezept/vau_zertifikat_falsche_rolle
  Szenario: Das VAU-Zertifikat trägt die Rolle eines anderen Dienstes
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Rolle des VAU-Zertifikats nicht stimmt

  @tc:SIC-0010 @art:positiv @req:A_20659-01 @req:A_21333-01
  Szenario: Jede Anmeldung hat eigene Geheimnisse
    Angenommen eine einlösbare Verordnung
    Wenn 301 Sekunden vergehen
    Und die Praxis eine weitere Verordnung einstellt
    Dann sind code_verifier und token_key beider Anmeldungen verschieden

  @tc:SIC-0011 @art:positiv @req:A_19294 @req:A_19745 @rolle:avs
  Szenario: Die Apotheke lässt die Signatur prüfen, bevor sie abgibt
    Angenommen eine einlösbare Verordnung
    Wenn eine Apotheke mit Konnektor die Verordnung einlöst
    Dann hat der Konnektor die Signatur vor der Abgabe bestätigt
