# language: de
@rolle:pvs
Funktionalität: Wenn der Fachdienst nicht kann, und wie man ihn nach seinem Befinden fragt
  Ein überlasteter Dienst erholt sich nur, wenn seine Nutzer warten können. Ein System fragt
  selten nach und immer an der richtigen Stelle.

  @tc:ERP-1001 @art:positiv @req:A_25460 @req:A_20884
  Szenariogrundriss: Was von selbst vergeht, wird mit wachsenden Pausen erneut versucht
    Angenommen der Fachdienst antwortet <dauer> Sekunden lang mit <status>
    Wenn die Praxis eine Verordnung anlegt und dabei Geduld hat
    Dann folgen die Versuche der Fehlertabelle
    Und wachsen die Pausen zwischen den Versuchen

    Beispiele:
      | fall            | status | dauer |
      | überlastet      | 503    | 20    |
      | fehler-innen    | 500    | 5     |
      | zu-langsam      | 504    | 5     |
      | speicher-voll   | 507    | 5     |
      | auskunft-fehlt  | 512    | 5     |
      | zu-oft          | 429    | 7200  |
      | fällt-aus       | 503    | 9000  |

  @tc:ERP-1002 @art:positiv @req:A_25460
  Szenariogrundriss: Eine endgültige Ablehnung wird nicht wiederholt
    Angenommen der Fachdienst antwortet 3600 Sekunden lang mit <status>
    Wenn die Praxis eine Verordnung anlegt und dabei Geduld hat
    Dann folgen die Versuche der Fehlertabelle

    Beispiele:
      | fall      | status |
      | ungültig  | 400    |
      | verboten  | 403    |
      | unbekannt | 404    |

  @tc:ERP-1003 @art:positiv @req:A_23214 @req:A_23215 @req:A_23217 @req:A_23218 @req:A_23219
  Szenario: Im Leerlauf genügt die Wurzel
    Wenn die Praxis die Erreichbarkeit durch die VAU prüft
    Und die Praxis fast eine Stunde lang nichts einstellt
    Dann prüft sie die Erreichbarkeit nur an der Wurzel und selten

  @tc:ERP-1004 @art:positiv @req:A_23215 @req:A_23216 @req:A_23223
  Szenario: Die erweiterte Prüfung fragt nur nach den Fähigkeiten
    Wenn die Praxis die Erreichbarkeit durch die VAU prüft
    Dann hat sie nur die Fähigkeiten abgefragt

  @tc:ERP-1005 @art:positiv @req:A_19451-02
  Szenario: Der Fachdienst wird unter seinem Namen angesprochen
    Angenommen eine einlösbare Verordnung
    Dann gingen alle Aufrufe an die veröffentlichte Adresse des Fachdienstes
