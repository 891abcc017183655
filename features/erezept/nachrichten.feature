# language: de
@rolle:avs
Funktionalität: Apotheke und Versicherte schreiben sich
  Eine Zuweisung kommt in der Apotheke an, sie antwortet mit Bezug darauf und lässt sich über neue
  Nachrichten unterrichten.

  @tc:ERP-0501 @art:positiv @req:A_19329-01 @req:A_19333-01 @req:A_19334 @req:A_23876-01 @req:A_23877-01
  Szenario: Die Apotheke antwortet auf eine Zuweisung
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der Apotheke zuweist
    Und die Apotheke ihre Nachrichten abruft und antwortet
    Dann hat die Apotheke die Zuweisung erhalten und mit Bezug darauf geantwortet

  @tc:ERP-0502 @art:positiv @req:A_21489
  Szenario: Die Apotheke löscht ihre eigene Nachricht
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der Apotheke zuweist
    Und die Apotheke ihre Nachrichten abruft und antwortet
    Und die Apotheke ihre Antwort löscht
    Dann hat die Apotheke ihre eigene Nachricht gelöscht

  @tc:ERP-0503 @art:negativ @req:A_19514-03
  Szenario: Fremde Nachrichten löscht niemand
    Angenommen eine Verordnung im Zustand ready
    Und die Versicherte hat die App
    Wenn die Versicherte die Verordnung der Apotheke zuweist
    Und die Apotheke ihre Nachrichten abruft und antwortet
    Und die Versicherte die Antwort zu löschen versucht
    Dann gelingt Communication/{id} mit 401

  @tc:ERP-0504 @art:positiv @req:A_21556
  Szenario: Nachrichten werden nicht öfter als alle fünf Minuten abgerufen
    Wenn die Apotheke ihre Nachrichten abruft
    Und 305 Sekunden vergehen
    Und die Apotheke ihre Nachrichten abruft
    Dann liegen zwischen den Abrufen mindestens fünf Minuten

  @tc:ERP-0505 @art:positiv @req:A_22375 @req:A_22426
  Szenario: Die Apotheke meldet sich für neue Nachrichten an
    Wenn die Apotheke sich für neue Nachrichten anmeldet
    Dann hat die Apotheke genau ein Abonnement mit WebSocket

  @tc:ERP-0506 @art:negativ @req:A_19514-03
  Szenario: Fremde Nachrichten abonniert niemand
    Wenn die Apotheke sich für die Nachrichten einer anderen anmeldet
    Dann antwortet der Fachdienst auf Subscription mit 403 "ID mismatch"

  @tc:ERP-0507 @art:positiv @req:A_19514-03
  Szenario: Mit der Gesundheitskarte findet die Apotheke, was einlösbar ist
    Angenommen eine Verordnung im Zustand ready
    Wenn die Apotheke mit PoPP-Token nach Verordnungen fragt
    Dann nennt die Antwort auf Task 1 Treffer

  @tc:ERP-0508 @art:positiv @req:A_19514-03
  Szenariogrundriss: Mit der Gesundheitskarte findet die Apotheke sonst nichts
    Angenommen eine Verordnung mit Workflow <workflow> im Zustand <zustand>
    Wenn die Apotheke mit PoPP-Token nach Verordnungen fragt
    Dann nennt die Antwort auf Task 0 Treffer

    Beispiele:
      | fall          | workflow | zustand     |
      | angenommen    | 160      | in-progress |
      | abgeschlossen | 160      | completed   |
      | direkt        | 169      | ready       |
      | privat        | 200      | ready       |

  @tc:ERP-0509 @art:negativ @req:A_19514-03
  Szenariogrundriss: Ohne gültigen Nachweis der Anwesenheit gibt es keine Liste
    Angenommen eine Verordnung im Zustand ready
    Wenn die Apotheke mit <nachweis> nach Verordnungen fragt
    Dann antwortet der Fachdienst auf Task mit 403 "<text>"

    Beispiele:
      | fall     | nachweis              | text                                                         |
      | nichts   | nichts in der Hand    | Missing or invalid PNW query parameter and X-PoPP-Token header |
      | veraltet | veraltetem PoPP-Token | POPP-Token verification error.                               |
