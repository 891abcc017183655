# language: de
@rolle:pvs @art:negativ
Funktionalität: Was der Fachdienst und der Konnektor ablehnen
  Ein Prüfstand, der nur den guten Fall kennt, beweist nichts. Jede Ablehnung trägt Status und
  Wortlaut des Originals.

  @tc:ERP-0201 @req:A_19024-03
  Szenario: Ein falscher AccessCode stellt nicht ein
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Wenn sie mit einem fremden AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 403 "AccessCode mismatch" ab

  @tc:ERP-0202 @req:A_19128
  Szenario: Zweimal einstellen geht nicht
    Angenommen eine einlösbare Verordnung
    Wenn dieselbe Verordnung noch einmal eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 403 "Task not in status draft but in status ready" ab

  @tc:ERP-0203 @req:A_19558-01 @rolle:avs
  Szenario: Eine zweite Apotheke kann nicht annehmen
    Angenommen eine einlösbare Verordnung
    Und eine Apotheke hat die Verordnung angenommen
    Wenn eine andere Apotheke die Verordnung anzunehmen versucht
    Dann lehnt der Fachdienst Task/$accept mit 409 "Task has invalid status in-progress" ab

  @tc:ERP-0204 @req:A_19558-01 @rolle:avs
  Szenario: Mit falschem AccessCode nimmt keine Apotheke an
    Angenommen eine einlösbare Verordnung
    Wenn eine Apotheke sie mit einem falschen AccessCode anzunehmen versucht
    Dann lehnt der Fachdienst Task/$accept mit 403 "AccessCode mismatch" ab

  @tc:ERP-0205 @req:A_19289 @rolle:avs
  Szenario: Mit falschem Geheimnis gibt es keine Quittung
    Angenommen eine einlösbare Verordnung
    Und eine Apotheke hat die Verordnung angenommen
    Wenn die Apotheke mit einem falschen Geheimnis abzuschließen versucht
    Dann lehnt der Fachdienst Task/$close mit 403 "No or invalid secret provided for Task" ab

  @tc:ERP-0206 @req:A_19025-03 @req:P6-01
  Szenario: Nach der Signatur veränderter Inhalt wird nicht angenommen
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Wenn der Inhalt nach der Signatur verändert und eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "CAdES-BES signature verification has failed" ab
    Und ist nichts eingestellt

  @tc:ERP-0207 @req:A_21370
  Szenario: Die Rezept-ID im Dokument muss die des Tasks sein
    Angenommen die Ärztin signiert ein Dokument mit der Rezept-ID einer anderen Verordnung
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "PrescriptionId mismatch between Task and QES-Bundle" ab

  @tc:ERP-0208 @req:A_19018-01
  Szenario: Eine Apotheke darf keine Verordnung anlegen
    Wenn eine Apotheke eine Verordnung anzulegen versucht
    Dann lehnt der Fachdienst Task/$create mit 403 "endpoint is forbidden for professionOID 1.2.276.0.76.4.54" ab

  @tc:ERP-0209 @req:A_19276
  Szenario: Ein abgelaufenes Token wird abgewiesen
    Wenn die Praxis ein Token benutzt, das seit einer Sekunde abgelaufen ist
    Dann lehnt der Fachdienst Task/$create mit 401 "JWT expired" ab

  @tc:ERP-0210 @req:P4-01 @req:P6-01
  Szenario: Mit gesperrtem Heilberufsausweis signiert der Konnektor nicht
    Angenommen der Heilberufsausweis der Ärztin ist gesperrt
    Wenn die Praxis eine Verordnung zu signieren versucht
    Dann meldet der Konnektor für SignDocument den Fehler 4123
    Und ist nichts eingestellt

  @tc:ERP-0211 @req:A_20159-04
  Szenario: Eine Signatur, die nach der Sperrung entstand, nimmt der Fachdienst nicht an
    Angenommen eine signierte, noch nicht eingestellte Verordnung
    Und die eingebettete Auskunft nennt den Heilberufsausweis gesperrt
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "OCSP Check failed, certificate is revoked." ab

  @tc:ERP-0212 @req:A_22487
  Szenario: Gestern ausgestellt und heute signiert wird abgelehnt
    Angenommen die Ärztin signiert ein gestern ausgestelltes Dokument
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "Ausstellungsdatum und Signaturzeitpunkt weichen voneinander ab, müssen aber taggleich sein" ab

  @tc:ERP-0213 @req:A_23890-01 @req:A_23888 @req:A_23892
  Szenariogrundriss: Falsche Prüfziffern werden abgelehnt
    Angenommen die Ärztin signiert ein Dokument mit falscher Prüfziffer der <nummer>
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "<text>" ab

    Beispiele:
      | fall | nummer | text                                    |
      | kvnr | KVNR   | Ungültige Versichertennummer (KVNR):    |
      | iknr | IKNR   | Ungültiges Institutionskennzeichen (IKNR): |
      | pzn  | PZN    | Ungültige PZN:                          |

  @tc:ERP-0214 @req:A_23891 @art:grenzwert
  Szenario: Eine falsche Arztnummer gibt nur eine Warnung, das Rezept gilt
    Angenommen die Ärztin signiert ein Dokument mit falscher Prüfziffer der LANR
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann nimmt der Fachdienst mit Status 252 und der Warnung zur Arztnummer an

  @tc:ERP-0215 @req:A_23384-05
  Szenario: Nach dem Stichtag wird das alte Profil abgelehnt
    Angenommen heute ist der 2027-01-20
    Und die Ärztin signiert ein Dokument nach KBV-Profil 1.3
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "FHIR-Validation error" ab

  @tc:ERP-0216 @req:A_23443-01 @req:A_22347-01
  Szenariogrundriss: Kostenträger und Workflow müssen zusammenpassen
    Angenommen die Ärztin signiert <versicherung>-versichert ein Dokument mit Workflow <workflow>
    Wenn sie mit dem eigenen AccessCode eingestellt wird
    Dann lehnt der Fachdienst Task/$activate mit 400 "<text>" ab

    Beispiele:
      | fall       | versicherung | workflow | text                                            |
      | pkv-in-160 | PKV          | 160      | Coverage "PKV" not allowed for flowtype 160     |
      | gkv-in-200 | GKV          | 200      | Coverage "PKV" not set for flowtype 200         |

  @tc:ERP-0217 @req:P6-01 @fehler:konnektor/signatur_defekt
  Szenario: Eine defekte Signatur des Konnektors wird nicht eingestellt
    Wenn die Praxis eine Verordnung zu signieren versucht
    Dann ist nichts eingestellt

  @tc:ERP-0218 @req:P4-01 @req:P6-01 @fehler:konnektor/ressource_belegt
  Szenario: Ist der Heilberufsausweis belegt, wird nicht anders signiert
    Wenn die Praxis eine Verordnung zu signieren versucht
    Dann meldet der Konnektor für SignDocument den Fehler 4060
    Und ist nichts eingestellt
