# language: de
@rolle:pvs
Funktionalität: Woran sich ein treuer Fachdienst von einem ungefähren unterscheidet
  Kleinigkeiten, an denen Produkte im Feld scheitern: Kalendertage, Reihenfolgen, die Hülle um die
  verschlüsselte Anfrage.

  @tc:ERP-1201 @art:negativ @req:A_19514-03
  Szenario: Ein T-Rezept ist noch nicht zugelassen
    Wenn die Praxis eine Verordnung mit Workflow 166 anzulegen versucht
    Dann antwortet der Fachdienst auf Task/$create mit 400 "Erstellung von Tasks mit flowtype 166 noch nicht zulässig"

  @tc:ERP-1202 @art:negativ @req:A_19514-03
  Szenariogrundriss: Ein Token gilt nur hier und nur mit dem vereinbarten Verfahren
    Wenn die Praxis ein Token mit fremdem <teil> benutzt
    Dann antwortet der Fachdienst auf Task/$create mit 401 "<text>"

    Beispiele:
      | fall      | teil      | text                      |
      | empfänger | Empfänger | JWT has invalid aud claim |
      | verfahren | Verfahren | JWT has invalid signature |

  @tc:ERP-1203 @art:negativ @req:A_19514-03
  Szenario: Eine Rezept-ID mit falscher Prüfnummer gibt es nicht
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Wenn sie unter der Rezept-ID 160.000.123.456.789.38 eingestellt wird
    Dann antwortet der Fachdienst auf Task/$activate mit 404 "Failed to parse prescription ID from URL parameter"

  @tc:ERP-1204 @art:negativ @req:A_19514-03
  Szenario: Der AccessCode in der Adresse geht vor dem im Kopf
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Wenn sie mit fremdem AccessCode in der Adresse und eigenem im Kopf eingestellt wird
    Dann antwortet der Fachdienst auf Task/$activate mit 403 "AccessCode mismatch"

  @tc:ERP-1205 @art:grenzwert @req:A_22893 @req:P36-39
  Szenario: Kurz nach Mitternacht zählt der deutsche Kalendertag
    Angenommen es ist der 2027-06-14 um 00:30 Uhr
    Wenn die Praxis die Verordnung signiert und einstellt
    Dann sind Ausstellungstag und Tag der Signatur derselbe

  @tc:ERP-1206 @art:positiv @req:A_19128
  Szenariogrundriss: Eine unbrauchbare eingebettete Sperrauskunft schadet nicht
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Und die eingebettete Auskunft ist <art>
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann gelingt der Praxis Task/$activate mit 200

    Beispiele:
      | fall     | art             |
      | fremd    | fremd           |
      | veraltet | veraltet        |
      | selbst   | selbst signiert |

  @tc:ERP-1207 @art:negativ @req:A_19514-03
  Szenariogrundriss: Was die VAU nicht öffnen kann, beantwortet sie außen
    Wenn die Praxis der VAU <was> schickt
    Dann antwortet die VAU unverschlüsselt mit 400 "<text>"

    Beispiele:
      | fall      | was                       | text                                         |
      | müll      | Unsinn                    | body is too short to be a outer request body |
      | schlüssel | einen fremden Umschlag    | vau decryption failed                        |

  @tc:ERP-1208 @art:negativ @req:A_20159-04
  Szenario: Kennt die Auskunft den Heilberufsausweis nicht, wird nicht eingestellt
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Und die eingebettete Auskunft ist „unbekannt“
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "OCSP Check failed, certificate is unknown." ab

  @tc:ERP-1209 @art:positiv @req:A_19128
  Szenario: Eine Signatur mit unbestimmten Längen ist gültig
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Und der Konnektor schreibt die Signatur mit unbestimmten Längen
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann gelingt der Praxis Task/$activate mit 200

  @tc:ERP-1210 @art:negativ @req:A_19514-03 @rolle:avs
  Szenario: Wer zweimal annimmt, erfährt, dass er es selbst war
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 409 "Task has invalid status in-progress"
    Und sind „Task has invalid status in-progress“ und „Task is processed by requesting institution“ die Gründe bei Task/$accept

  @tc:ERP-1211 @art:negativ @req:A_19514-03 @rolle:avs
  Szenario: Eine andere Apotheke erfährt nicht, wer angenommen hat
    Angenommen eine Verordnung im Zustand in-progress
    Wenn die zweite Apotheke versucht, die Verordnung anzunehmen
    Dann antwortet der Fachdienst auf Task/$accept mit 409 "Task has invalid status in-progress"
    Und ist „Task has invalid status in-progress“ der einzige Grund bei Task/$accept

  @tc:ERP-1212 @art:positiv @req:A_19514-03
  Szenariogrundriss: Koordinaten eines Schlüssels haben immer 32 Bytes
    Wenn die Praxis einen Schlüssel benutzt, dessen <koordinate> mit null beginnt
    Dann antwortet die VAU verschlüsselt mit 200

    Beispiele:
      | fall | koordinate   |
      | x    | X-Koordinate |
      | y    | Y-Koordinate |

  @tc:ERP-1213 @art:positiv @req:A_21569-01
  Szenario: Groß und klein zählt auch im äußeren Kopf
    Angenommen eine einlösbare Verordnung
    Wenn die Praxis die Erreichbarkeit durch die VAU prüft
    Dann nennt der äußere Kopf die Ressource geschrieben wie innen

  @tc:ERP-1214 @art:grenzwert @req:A_19128
  Szenario: Welches Profil gilt, sagt der Ausstellungstag, nicht der Tag des Einstellens
    Angenommen heute ist der 2027-01-14
    Und die Ärztin signiert ein Dokument nach KBV-Profil 1.3
    Wenn 2 Tage vergehen
    Und sie mit dem eigenen AccessCode eingestellt wird
    Dann gelingt der Praxis Task/$activate mit 200

  @tc:ERP-1215 @art:negativ @req:A_23890-01
  Szenariogrundriss: Versichertennummern aus Beispielen sind nicht immer welche
    Angenommen die Ärztin übernimmt die KVNR <kvnr> aus einem Beispiel
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "Ungültige Versichertennummer (KVNR):" ab

    Beispiele:
      | fall        | kvnr       |
      | x123456789  | X123456789 |
      | x234567890  | X234567890 |

  @tc:ERP-1216 @art:negativ @req:A_19514-03
  Szenariogrundriss: Rezept-IDs aus Beispielen sind nicht immer welche
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Wenn sie unter der Rezept-ID <id> eingestellt wird
    Dann antwortet der Fachdienst auf Task/$activate mit 404 "Failed to parse prescription ID from URL parameter"

    Beispiele:
      | fall   | id                     |
      | erste  | 160.000.000.000.000.01 |
      | zweite | 160.000.012.345.678.43 |
      | dritte | 162.000.033.491.280.78 |

  @tc:ERP-1217 @art:grenzwert @req:A_19514-03 @rolle:avs
  Szenario: Alle Arbeitsplätze mit einer Karte teilen sich eine Grenze
    Angenommen der Fachdienst erlaubt 3 Aufrufe je Sekunde
    Wenn zwei Arbeitsplätze einer Apotheke in derselben Sekunde je 2 Aufrufe machen
    Dann antwortet der Fachdienst auf Device mit 429 "Token with given sub used too often within certain timespan."
    Wenn eine andere Apotheke einen Aufruf macht
    Dann gelingt Device mit 200

  @tc:ERP-1218 @art:grenzwert @req:A_19514-03 @rolle:avs
  Szenario: Zweihundert Aufrufe in einer Sekunde sind erlaubt, der nächste nicht
    Angenommen die Uhr steht still
    Wenn eine Apotheke in derselben Sekunde 200 Aufrufe macht
    Dann gelingt Device mit 200
    Wenn eine Apotheke in derselben Sekunde 1 Aufrufe macht
    Dann antwortet der Fachdienst auf Device mit 429 "Token with given sub used too often within certain timespan."

  @tc:ERP-1219 @art:positiv @req:A_19514-03
  Szenariogrundriss: Abgelöste Listen sind leer und trotzdem da
    Wenn die Praxis ohne Anmeldung <liste> abruft
    Dann ist die Antwort auf <liste> leer mit 200

    Beispiele:
      | fall        | liste    |
      | zertifikate | CertList |
      | auskünfte   | OCSPList |

  @tc:ERP-1220 @art:positiv @req:A_19514-03
  Szenario: Sind T-Rezepte zugelassen, wird eines angelegt
    Angenommen T-Rezepte sind zugelassen
    Wenn die Praxis eine Verordnung mit Workflow 166 anzulegen versucht
    Dann gelingt Task/$create mit 201
