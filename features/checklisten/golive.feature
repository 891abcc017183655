# language: de
@rolle:praxis
Funktionalität: Bevor die Praxis startet
  Was ein Mensch in der Praxis ansieht, bevor echte Patientinnen und Patienten kommen. Jeder Punkt
  wird mit Namen, Rolle und Beleg bestätigt und gilt nicht länger, als dort steht.

  Regel: Karten und Zertifikate

    @tc:CHK-0101 @manuell @punkt:CL-GOL-01a @req:O01 @req:O03
    Szenario: Alle Heilberufsausweise sind gültig
      Angenommen die Liste aller Ärztinnen und Ärzte mit Heilberufsausweis liegt vor
      Wenn das PVS oder der Konnektor Ablaufdatum und Sperrstatus jedes Ausweises anzeigt
      Dann ist kein Ausweis gesperrt, abgelaufen oder nur mit RSA ausgestattet
      Und für jeden, der in weniger als 90 Tagen abläuft, ist ein neuer bestellt

    @tc:CHK-0102 @manuell @punkt:CL-GOL-01b @req:O02 @req:O03
    Szenario: Die Praxiskarte ist gültig und freigeschaltet
      Angenommen jede SMC-B der Praxis steckt in ihrem Kartenterminal
      Wenn der Konnektor Ablaufdatum, Sperrstatus und PIN-Status jeder SMC-B anzeigt
      Dann ist jede SMC-B gültig, nicht nur mit RSA ausgestattet und mit ihrer PIN freigeschaltet

    @tc:CHK-0103 @manuell @punkt:CL-GOL-01c @req:O04
    Szenario: Kein Kartenterminal hängt an einer alten Gerätekarte
      Angenommen die Bestandsliste aller Kartenterminals liegt vor
      Wenn jemand zu jedem Terminal die Gerätekarte abliest
      Dann hat jedes eine gSMC-KT mit ECC, oder ihr Tausch ist vor dem 31.12.2026 beauftragt

  Regel: Konnektor

    @tc:CHK-0201 @manuell @punkt:CL-GOL-02a @req:O05
    Szenario: Der Konnektor hat eine zugelassene Firmware
      Angenommen die Liste der zugelassenen Produktversionen der gematik liegt vor
      Wenn die Verwaltung des Konnektors ihre Firmwareversion anzeigt
      Dann steht diese Version in der Liste und ihre Zulassung ist nicht abgelaufen

    @tc:CHK-0202 @manuell @punkt:CL-GOL-02b @req:Anlage_5_Nr._7
    Szenario: Der Konnektor antwortet nur dem angemeldeten PVS
      Angenommen das PVS ist mit eigenem Zertifikat am Konnektor eingerichtet
      Wenn jemand den Konnektor ohne dieses Zertifikat aufruft
      Dann lehnt der Konnektor den Aufruf ab
      Und das PVS erreicht ihn weiterhin

    @tc:CHK-0203 @manuell @punkt:CL-GOL-02c
    Szenario: Jeder Arbeitsplatz arbeitet mit seinem eigenen Kontext
      Angenommen alle Arbeitsplätze und Kartenterminals stehen im Informationsmodell des Konnektors
      Wenn an jedem Arbeitsplatz eine Karte gelesen wird
      Dann nutzt jeder seinen eigenen Mandanten, Arbeitsplatz und das richtige Terminal

  Regel: PVS-Module

    @tc:CHK-0301 @manuell @punkt:CL-GOL-03a @req:O09
    Szenario: Alle genutzten PVS-Module sind zugelassen
      Angenommen die Liste der genutzten Module liegt vor: E-Rezept, eAU, eArztbrief, VSDM, ePA, Video
      Wenn jemand zu jedem Modul die Zulassung der KBV oder gematik aufschlägt
      Dann ist jede Zulassung gültig und nennt die eingesetzte Version

    @tc:CHK-0302 @manuell @punkt:CL-GOL-03b @req:O07 @req:O08
    Szenario: Die KIM-Adresse ist betriebsbereit
      Angenommen die KIM-Adresse der Praxis steht im Verzeichnisdienst
      Wenn die Praxis sich selbst eine Nachricht sendet und abholt
      Dann kommt sie an, und das Clientmodul hat die aktuelle Version und Dienstkennung

  Regel: Doctolib: Rollen und Verträge

    @tc:CHK-0401 @manuell @punkt:CL-GOL-04a
    Szenario: Die Rechte im Buchungsdienst folgen den Aufgaben
      Angenommen die Rechtetabelle aller Konten des Buchungsdienstes ist exportiert
      Wenn die Praxisleitung jede Zeile mit der Aufgabe der Person vergleicht
      Dann gehört jedes Konto genau einer Person, die noch in der Praxis arbeitet
      Und niemand darf mehr, als die Aufgabe verlangt

    @tc:CHK-0402 @manuell @punkt:CL-GOL-04b @req:V09
    Szenario: Der Vertrag zur Auftragsverarbeitung liegt vor
      Angenommen der Vertrag mit dem Buchungsdienst liegt unterschrieben vor
      Wenn jemand Partei, Datum, Unterauftragnehmer, Maßnahmen und Löschfristen nachliest
      Dann ist alles genannt und der Tag der nächsten Prüfung vermerkt

    @tc:CHK-0403 @manuell @punkt:CL-GOL-04c @req:Anlage_1_Nr._4
    Szenario: Externe sind zur Verschwiegenheit verpflichtet
      Angenommen die Liste der Dienstleister mit Zugang zu Patientendaten liegt vor
      Wenn jemand zu jedem die Vereinbarung aufschlägt
      Dann ist jede vor dem ersten Zugriff unterschrieben worden

  Regel: Probeläufe

    @tc:CHK-0501 @manuell @punkt:CL-GOL-05a
    Szenario: Eine eAU erreicht die Testkasse
      Angenommen eine Testkasse mit KIM-Adresse ist vereinbart
      Wenn die Praxis ihr eine eAU für eine Testperson sendet
      Dann liegt die Rückmeldung der Kasse ohne Fehler im PVS
      Und die Nachrichtenkennung steht im Beleg

    @tc:CHK-0502 @manuell @punkt:CL-GOL-05b
    Szenario: Ein E-Rezept kommt bis zur Quittung
      Angenommen eine Apotheke ist für den Probelauf verabredet
      Wenn die Praxis ein Rezept für eine Testperson einstellt und die Apotheke es einlöst
      Dann hat die Apotheke eine Quittung erhalten
      Und die Rezept-ID steht im Beleg

    @tc:CHK-0503 @manuell @punkt:CL-GOL-05c
    Szenario: Die Praxis liest in einer Akte
      Angenommen eine Testperson hat der Praxis den Zugriff auf ihre ePA gegeben
      Wenn das PVS die Medikationsliste dieser Akte öffnet
      Dann zeigt es sie an, und das Protokoll der Akte nennt den Zugriff der Praxis

    @tc:CHK-0504 @manuell @punkt:CL-GOL-05d
    Szenario: Die Videosprechstunde läuft zur Probe
      Angenommen zwei Personen sitzen an verschiedenen Geräten
      Wenn sie eine Videosprechstunde wie mit einem Patienten führen
      Dann sehen und hören sie einander, und beide Seiten zeigen denselben Prüfcode

  Regel: Notfallwege

    @tc:CHK-0601 @manuell @punkt:CL-GOL-06a
    Szenario: Ohne TI gibt es das Rezept auf Muster 16
      Angenommen der Konnektor ist vom Netz getrennt
      Wenn eine Ärztin eine Verordnung ausstellt
      Dann bietet das PVS nach höchstens 30 Sekunden den Druck auf Muster 16 an
      Und nach der Störung entsteht daraus kein zweites, elektronisches Rezept

    @tc:CHK-0602 @manuell @punkt:CL-GOL-06b
    Szenario: Ohne TI wird die eAU gedruckt und später gesendet
      Angenommen die Verbindung zu KIM ist getrennt
      Wenn eine Ärztin eine Arbeitsunfähigkeit bescheinigt
      Dann erhält die Testperson die Ausdrucke
      Und nach der Störung sendet das PVS die eAU genau einmal

    @tc:CHK-0603 @manuell @punkt:CL-GOL-06c
    Szenario: Ein Patient ohne App und Karte bekommt einen Ausdruck
      Angenommen ein E-Rezept für eine Testperson ist eingestellt
      Wenn die Praxis den Ausdruck erstellt und eine Apotheke seinen Code liest
      Dann findet die Apotheke genau dieses Rezept
      Und vor dem Einstellen ließ sich kein Ausdruck erstellen

    @tc:CHK-0604 @manuell @punkt:CL-GOL-06d @req:O07
    Szenario: Eine zweite KIM-Adresse springt ein
      Angenommen die Praxis hat eine zweite KIM-Adresse mit eigenem Zertifikat und Eintrag
      Wenn die erste Adresse abgeschaltet ist und die Praxis eine Nachricht sendet
      Dann kommt die Nachricht genau einmal an
      Und Antworten an die erste Adresse werden nach der Störung abgeholt

    @tc:CHK-0605 @manuell @punkt:CL-GOL-06e
    Szenario: Ohne Buchungsdienst arbeitet die Praxis weiter
      Angenommen der Buchungsdienst ist nicht erreichbar
      Wenn die Praxis an diesem Tag Termine vergibt und verschiebt
      Dann bleibt ihr eigener Kalender bedienbar
      Und nach der Störung fehlt kein Termin und keiner ist doppelt

    @tc:CHK-0606 @manuell @punkt:CL-GOL-06f
    Szenario: Der Notfallplan ist ohne Netz greifbar und geübt
      Angenommen der Notfallplan liegt gedruckt oder auf einem Gerät ohne Netz
      Wenn jemand ohne Vorwarnung danach fragt
      Dann findet ihn jede anwesende Person
      Und die letzte Übung liegt nicht länger als zwölf Monate zurück
