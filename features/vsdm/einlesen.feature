# language: de
Funktionalität: Versichertenkarten einlesen
  Am Empfang wird die Gesundheitskarte gelesen und einmal im Quartal online geprüft. Der
  Prüfungsnachweis geht in die Abrechnung.

  @rolle:pvs @tc:VSD-0001 @req:VSDM-A_2535 @req:VSDM-A_2873 @req:VSDM-A_2658 @req:VSDM-A_2703
  Szenariogrundriss: Zwei Besuche im selben Quartal
    Angenommen die Praxis prüft online: <einstellung>
    Wenn die Versicherte zweimal im Quartal kommt
    Dann wurde <erster> beim ersten und <zweiter> beim zweiten Besuch online geprüft
    Und der Prüfungsnachweis ist übernommen
    Und die Aufrufe sind schemagültiges SOAP ohne Kopfelemente

    Beispiele:
      | fall    | einstellung | erster | zweiter |
      | quartal | quartal     | einmal | nicht   |
      | immer   | immer       | einmal | erneut  |

  @rolle:pvs @tc:VSD-0002 @req:VSDM-A_2631
  Szenariogrundriss: Der Prüfungsnachweis sagt, was die Onlineprüfung ergab
    Angenommen die Onlineprüfung ergibt <ergebnis>
    Wenn die Versicherte zum ersten Mal im Quartal kommt
    Dann nennt der Prüfungsnachweis das Ergebnis <ergebnis> <fehler> Fehlercode

    Beispiele:
      | fall        | ergebnis | fehler |
      | geaendert   | 1        | ohne   |
      | unverändert | 2        | ohne   |
      | technisch   | 3        | mit    |
      | zertifikat  | 4        | mit    |
      | offline     | 5        | mit    |
      | zu_lange    | 6        | mit    |

  @rolle:pvs @tc:VSD-0003 @req:VSDM-A_2535 @art:negativ
  Szenario: Nach einer misslungenen Prüfung wird beim nächsten Besuch wieder geprüft
    Angenommen die Onlineprüfung ergibt 5
    Wenn die Versicherte zweimal im Quartal kommt
    Dann wurde einmal beim ersten und erneut beim zweiten Besuch online geprüft

  @rolle:pvs @tc:VSD-0005 @req:VSDM-A_2535 @art:negativ @fehler:konnektor/vsd_gzip_defekt
  Szenario: Beschädigte Versichertendaten gelten nicht als gelesen
    Wenn die Versicherte zweimal im Quartal kommt und ihre Daten beschädigt ankommen
    Dann wurde einmal beim ersten und erneut beim zweiten Besuch online geprüft

  @rolle:pvs @tc:VSD-0004 @req:VSDM-A_2682 @art:negativ
  Szenariogrundriss: Eine Karte, die nicht gilt oder nicht lesbar ist
    Angenommen die Gesundheitskarte hat den Mangel: <mangel>
    Wenn die Praxis die Gesundheitskarte trotzdem einlesen will
    Dann meldet das Einlesen den Fehler <code> ohne Einzelheiten der Technik

    Beispiele:
      | fall         | mangel           | code |
      | gesperrt     | locked           | 114  |
      | zu_alt       | too_old          | 113  |
      | inkonsistent | inconsistent     | 3001 |
      | nachweis     | unreadable_proof | 3039 |
      | c2c          | c2c              | 4057 |
      | stumm        | dead             | 4094 |
      | abgelaufen   | expired          | 106  |

  @rolle:pvs @tc:VSD-0010 @req:VSDM-A_2596 @req:VSDM-A_2608 @req:VSDM-A_2678
  Szenario: Der Konnektor bietet das Lesen beider Kartenarten gesichert an
    Wenn die Praxis das Dienstverzeichnis liest
    Dann werden VSDService und KVKService über TLS angeboten

  @rolle:pvs @tc:VSD-0011 @req:VSDM-A_2691 @req:VSDM-A_2633
  Szenario: Viele Karten werden zugleich gelesen
    Wenn vier Anfragen zugleich eine Gesundheitskarte lesen
    Dann sind alle vier beantwortet und die Container entpackbar

  @rolle:pvs @tc:VSD-0012 @req:VSDM-A_2647
  Szenario: Ohne Berechtigung fehlen nur die geschützten Daten
    Angenommen die Praxis liest mit der Karte eines Kostenträgers
    Wenn die Versicherte zum ersten Mal im Quartal kommt
    Dann fehlen nur die geschützten Daten

  @rolle:pvs @tc:VSD-0013 @req:VSDM-A_2677
  Szenario: Die Krankenversichertenkarte wird gelesen
    Wenn die Praxis eine KVK liest
    Dann ist die KVK nach der WSDL gelesen

  @rolle:pvs @tc:VSD-0014 @req:VSDM-A_2675 @req:VSDM-A_2689 @req:VSDM-A_2682 @art:negativ
  Szenariogrundriss: Falsche Anfragen werden abgewiesen
    Wenn eine Anfrage an das Fachmodul <mangel> hat
    Dann ist sie mit dem Fehler 4000 abgewiesen und verrät nichts über die Technik

    Beispiele:
      | fall       | mangel                      |
      | reihenfolge | die falsche Reihenfolge    |
      | namensraum | einen fremden Namensraum    |
      | kein_xml   | keine Wohlgeformtheit       |
      | wert       | einen unzulässigen Wert     |

  @rolle:pvs @tc:VSD-0015 @req:VSDM-A_2676 @art:grenzwert
  Szenario: Ein fremdes Kopfelement wird übergangen
    Wenn eine Anfrage an das Fachmodul ein fremdes Kopfelement hat
    Dann ist sie trotzdem beantwortet
