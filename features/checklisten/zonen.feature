# language: de
@rolle:praxis
Funktionalität: Das Netz der Praxis
  Das Praxisnetz liegt zwischen Internet und Telematikinfrastruktur. Wie es abgegrenzt ist, sieht
  nur, wer davorsteht.

  @tc:CHK-0701 @manuell @punkt:CL-ZON-02 @req:Anlage_1_Nr._11 @req:Anlage_5_Nr._4
  Szenario: Eine Firewall trennt das Praxisnetz vom Internet
    Angenommen die Regeln der Firewall sind exportiert
    Wenn jemand von außen alle Anschlüsse der Praxis absucht
    Dann antwortet keiner, den die Praxis nicht braucht
    Und nach außen sind nur die nötigen Ziele erlaubt

  @tc:CHK-0702 @manuell @punkt:CL-ZON-02 @req:Anlage_1_Nr._12
  Szenario: Der Netzplan stimmt mit dem Netz überein
    Angenommen der Netzplan ist nicht älter als zwölf Monate
    Wenn jemand jedes gefundene Gerät im Plan sucht
    Dann steht jedes Gerät mit Ort und Zweck darin

  @tc:CHK-0703 @manuell @punkt:CL-ZON-02 @req:Anlage_1_Nr._13
  Szenario: Verwaltungszugänge sind geschützt
    Angenommen die Liste aller Geräte mit Verwaltungszugang liegt vor
    Wenn jemand an jedem die Zugangsdaten ab Werk versucht
    Dann lässt sich keines damit bedienen

  @tc:CHK-0704 @manuell @punkt:CL-ZON-02 @req:Anlage_5_Nr._7
  Szenario: Der Konnektor bedient nur angemeldete Clientsysteme
    Angenommen ein Rechner im Praxisnetz hat kein Clientzertifikat des Konnektors
    Wenn er den Konnektor aufruft
    Dann bekommt er keine Antwort mit Inhalt
