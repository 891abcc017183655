# language: de
@rolle:pvs @art:negativ
Funktionalität: Was eine Praxis dem Anmeldedienst nicht glauben darf
  Der Anmeldedienst legt der Praxis etwas Falsches vor. Ein sorgfältiges System prüft und hört
  auf; wer weitermacht, verrät sich durch den nächsten Aufruf.

  @tc:SIC-0001 @req:A_20656-02 @fehler:idp/discovery_signatur_falsch
  Szenario: Das Discovery Document ist mit fremdem Schlüssel signiert
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Signatur des Discovery Document nicht stimmt

  @tc:SIC-0002 @req:A_20657-01 @fehler:idp/discovery_rolle_falsch
  Szenario: Das Discovery Document stammt von einer falschen Rolle
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Rolle des Anmeldedienstes nicht stimmt

  @tc:SIC-0003 @req:A_20663-02 @fehler:idp/challenge_signatur_falsch
  Szenario: Die Challenge ist mit fremdem Schlüssel signiert
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Signatur der Challenge nicht stimmt

  @tc:SIC-0004 @req:A_20674-01 @fehler:idp/token_signatur_falsch
  Szenario: Die Token sind mit fremdem Schlüssel signiert
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Signatur der Token nicht stimmt

  @tc:SIC-0005 @req:A_20673-02 @fehler:idp/access_token_fremd_verschluesselt
  Szenario: Das Zugriffstoken ist für jemand anderen verschlüsselt
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Verschlüsselung des Zugriffstokens nicht stimmt

  @tc:SIC-0006 @req:A_20672-02 @fehler:idp/id_token_fremd_verschluesselt
  Szenario: Das ID-Token ist für jemand anderen verschlüsselt
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Verschlüsselung des ID-Tokens nicht stimmt

  @tc:SIC-0007 @req:A_21337-01 @fehler:idp/token_bereits_abgelaufen
  Szenario: Das Zugriffstoken ist schon abgelaufen
    Wenn die Praxis sich anzumelden und eine Verordnung anzulegen versucht
    Dann bricht sie ab, weil die Gültigkeit des Zugriffstokens nicht stimmt
