/** A plugin that says all that it sees of DNS. */
export const aboutDns = `
  import { annotate, Event, Numbers, Texts, Verdict } from "guidestar";

  function joined(texts: Texts): string {
    let all = "";
    for (let n = 0; n < texts.length; ++n) all += (n > 0 ? "," : "") + texts[n].toString();
    return all;
  }

  function numbers(given: Numbers): string {
    let all = "";
    for (let n = 0; n < given.length; ++n) all += (n > 0 ? "," : "") + given[n].toString();
    return all;
  }

  export function onEvent(event: Event): Verdict {
    const dns = event.dns;
    annotate("query", dns.query);
    annotate("names", joined(dns.names));
    annotate("ips", joined(dns.ips));
    annotate("types", dns.questionType.toString() + ":" + numbers(dns.answerTypes));
    annotate("what", (dns.isResponse ? "answer " : "question ") + (dns.isTcp ? "TCP " : "UDP ")
      + dns.rcode.toString() + " " + dns.id.toString() + (dns.isCut ? " cut" : ""));
    annotate("where", dns.server.toString() + " " + dns.serverPort.toString() + " "
      + dns.clientPort.toString() + " " + dns.tid.toString() + " " + dns.messageBytes.toString());
    annotate("problem", dns.problem);
    return Verdict.Keep;
  }`;
