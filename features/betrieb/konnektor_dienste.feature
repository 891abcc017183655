# language: de
@rolle:pvs
Funktionalität: Ein Praxissystem benutzt die Dienste des Konnektors
  Was ein System beim Konnektor aufruft, steht in seinem Protokoll: Kontext, Endpunkte, Karten,
  PINs, Signaturarten, Verschlüsselung, Zertifikate und Ereignisse.

  @tc:KON-0010 @req:TIP1-A_4959-01 @req:TIP1-A_4962 @req:TIP1-A_4964 @req:TIP1-A_4967
  Szenario: Der erste Arbeitstag beginnt mit Dienstverzeichnis, Karten und PIN
    Wenn die Praxis sich am Konnektor einrichtet
    Dann nennt jeder Aufruf den eingerichteten Kontext
    Und jeder Aufruf ist SOAP in UTF-8 über TLS an einen Endpunkt aus dem Dienstverzeichnis

  @tc:KON-0011 @req:TIP1-A_4965 @req:TIP1-A_4966
  Szenario: Alle Dienste werden in der angebotenen Fassung angesprochen
    Wenn die Praxis jeden Dienst des Konnektors benutzt
    Dann lehnt der Konnektor keine Anfrage als falsch aufgebaut ab
    Und der Signaturdienst wird in der neuesten angebotenen Fassung benutzt

  @tc:KON-0012 @req:TIP1-A_4960 @req:TIP1-A_4961
  Szenario: Zwei Arbeitsplätze arbeiten mit ihren eigenen Karten
    Angenommen Empfang und Sprechzimmer haben je ein Kartenterminal mit einem Heilberufsausweis
    Wenn an beiden Arbeitsplätzen signiert wird
    Dann ruft jeder Arbeitsplatz mit eigenem Kontext auf
    Und jeder Arbeitsplatz benutzt nur Karten aus seinem Kartenterminal

  @tc:KON-0013 @req:TIP1-A_4967 @art:negativ
  Szenario: Nach einem Ausfall wird das Dienstverzeichnis neu gelesen
    Angenommen der Konnektor war kurz nicht erreichbar
    Wenn die Praxis danach ihre Karten liest
    Dann hat die Praxis das Dienstverzeichnis neu gelesen

  @tc:KON-0014 @req:TIP1-A_4969
  Szenario: Eine gezogene und neu gesteckte Karte wird gemeldet
    Angenommen die Praxis hat sich für Ereignisse von Karten angemeldet
    Wenn die Ärztin ihren Heilberufsausweis auf Anforderung zieht und neu steckt
    Dann sind die Ereignisse CARD/REMOVED und CARD/INSERTED eingetroffen

  @tc:KON-0015 @req:A_21228-01
  Szenariogrundriss: Eine gesperrt gemeldete Karte wird mit ihrer PIN freigeschaltet
    Wenn die Praxis die Karte <karte> mit <pin> freischaltet
    Dann ging der Freischaltung die Frage nach dem PIN-Status voraus

    Beispiele:
      | fall | karte | pin     |
      | smcb | SMC-B | PIN.SMC |
      | hba  | HBA   | PIN.CH  |

  @tc:KON-0016 @req:TIP1-A_6460 @req:TIP1-A_6461
  Szenariogrundriss: Eine gesperrte PIN wird mit der PUK entsperrt
    Angenommen die <pin> der Karte <karte> ist gesperrt
    Wenn die Praxis die <pin> der Karte <karte> <art> neue PIN entsperren lässt
    Dann wurde beim Entsperren SetNewPin <wert> verlangt

    Beispiele:
      | fall       | karte | pin     | art  | wert  |
      | smc_neu    | SMC-B | PIN.SMC | mit  | true  |
      | ch_neu     | HBA   | PIN.CH  | mit  | true  |
      | smc_alt    | SMC-B | PIN.SMC | ohne | false |
      | qes_alt    | HBA   | PIN.QES | ohne | false |

  @tc:KON-0017 @req:A_13524
  Szenariogrundriss: Qualifiziert signiert der Heilberufsausweis, sonst die Praxiskarte
    Wenn die Praxis ein Dokument <art> signieren lässt
    Dann stammt die Signatur von einer Karte <karte>

    Beispiele:
      | fall   | art               | karte |
      | qes    | qualifiziert      | HBA   |
      | siegel | nicht qualifiziert | SMC-B |

  @tc:KON-0018 @req:A_13525 @req:A_13527
  Szenario: Ein Stapel von fünfzig Dokumenten und viele Aufträge
    Wenn die Ärztin einen Stapel von 50 Dokumenten und danach 20 einzelne signiert
    Dann hat jeder der 21 Aufträge eine eigene Jobnummer
    Und der Stapel enthielt je Dokument einen SignRequest

  @tc:KON-0019 @req:A_13525 @art:negativ
  Szenario: Eine Jobnummer, die es schon gab, wird ersetzt
    Wenn die Ärztin zweimal mit derselben Jobnummer signieren will
    Dann antwortete der Konnektor einmal mit 4252 und danach mit einer Signatur

  @tc:KON-0020 @req:A_13528 @req:A_13529 @req:A_13530 @req:A_13531
  Szenariogrundriss: Jede Dokumentart verlangt ihre Signaturart
    Wenn die Praxis <dokument> signieren lassen will
    Dann hat sie die Signaturart <art> verlangt

    Beispiele:
      | fall   | dokument         | art                       |
      | xml    | ein XML-Dokument | urn:ietf:rfc:3275         |
      | fhir   | ein FHIR-Bündel  | urn:ietf:rfc:5652         |
      | mail   | eine E-Mail      | urn:ietf:rfc:5751         |
      | pdf    | einen PDF-Brief  | http://uri.etsi.org/02778/3 |

  @tc:KON-0021 @req:A_21529
  Szenario: Vor der Komfortsignatur wird nach dem Modus gefragt
    Angenommen der Konnektor erlaubt je Komfortsitzung 10 Dokumente
    Wenn die Ärztin 3 Dokumente in einer Komfortsitzung signiert
    Dann ging der Signatur die Frage nach dem Signaturmodus voraus

  @tc:KON-0022 @req:A_13533-01 @req:A_13534 @req:A_13535
  Szenario: Zertifikate werden gelesen, geprüft und auf Ablauf überwacht
    Wenn die Praxis das Zertifikat ihres Heilberufsausweises liest und prüft
    Und die Praxis nach ablaufenden Zertifikaten fragt
    Dann sind Zertifikat, Prüfung und Ablaufdaten vom Konnektor

  @tc:KON-0023 @req:A_13536 @req:A_13537
  Szenario: Eine Nachricht wird verschlüsselt und wieder entschlüsselt
    Wenn die Praxis eine Nachricht an sich selbst verschlüsselt und wieder entschlüsselt
    Dann geschah beides am Konnektor

  @tc:KON-0024 @req:A_13538
  Szenario: Die Praxiskarte meldet an
    Wenn die Praxis eine Anmeldung mit der Praxiskarte signiert
    Dann ist die Anmeldung mit ExternalAuthenticate signiert
