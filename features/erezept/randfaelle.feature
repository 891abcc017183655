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
    Wenn sie unter einer Rezept-ID mit falscher Prüfnummer eingestellt wird
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
      | fall     | art      |
      | fremd    | fremd    |
      | veraltet | veraltet |

  @tc:ERP-1207 @art:negativ @req:A_19514-03
  Szenariogrundriss: Was die VAU nicht öffnen kann, beantwortet sie außen
    Wenn die Praxis der VAU <was> schickt
    Dann antwortet die VAU unverschlüsselt mit 400 "<text>"

    Beispiele:
      | fall      | was                       | text                                         |
      | müll      | Unsinn                    | body is too short to be a outer request body |
      | schlüssel | einen fremden Umschlag    | vau decryption failed                        |
