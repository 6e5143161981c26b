import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  /** Of the envelope: to whom the mail really goes. */
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly from: ParsedMail['from'];
  readonly headers: ParsedMail['headers'];
  /** As they were sent. */
  readonly headerLines: string;
}

export interface MailServer extends AsyncDisposable {
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  forget(): void;
  /** The next mail is refused like this. */
  answer(code: number, message: string): void;
  /** The first link of the newest mail to this address. */
  linkTo(address: string): string;
  close(): Promise<void>;
}

/** A real SMTP server on a free port of this machine, which keeps what it gets. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  let refusal: Error | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onData(stream, session, done) {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      simpleParser(stream)
        .then((mail) => {
          const refused = refusal;
          refusal = undefined;
          if (!refused) mails.push(received(mail, recipients));
          done(refused ?? null);
        })
        .catch(done);
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return {
    url: `smtp://127.0.0.1:${String(port)}`,
    mails,
    forget: () => void mails.splice(0),
    answer: (responseCode, message) => (refusal = Object.assign(new Error(message), { responseCode })),
    linkTo(address) {
      const mail = mails.findLast(({ recipients }) => recipients.includes(address));
      return /https?:\/\/\S+/.exec(mail?.text ?? '')?.[0] ?? '';
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function received(mail: ParsedMail, recipients: readonly string[]): ReceivedMail {
  return {
    recipients,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || '',
    messageId: mail.messageId ?? '',
    from: mail.from,
    headers: mail.headers,
    headerLines: mail.headerLines.map(({ line }) => line).join('\n'),
  };
}
