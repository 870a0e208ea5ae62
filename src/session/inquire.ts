import type { BackendConnection, LentLogin } from '../backend/dial-request.js';
import type { Inquiry, InquiryEvents, LoginWish } from '../client/inquiry.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import type { Credential } from '../protocol/auth/secret.js';
import type { Log } from '../telemetry/log-types.js';
import { flavorOf } from './attachment.js';
import { loginLost, noTarget } from './client-errors.js';
import { loginRoute } from './login-route.js';
import { Placement, type PlacementEnd } from './placement.js';
import type { ClusterServices, SessionRoute } from './services.js';

export interface InquiryPlace {
  readonly cluster: ClusterServices;
  readonly route: SessionRoute;
  readonly log: Log;
}

/** Opens a login at the server that the client's session would get, in the client's name (DESIGN 5, sources 4 and 5). */
export function inquire(place: InquiryPlace, wish: LoginWish, events: InquiryEvents<BackendConnection>): Inquiry {
  return place.cluster.inquiries.enter(wish.clientAddress, (ended) => {
    const ending = (outcome: Parameters<typeof events.ended>[0]) => {
      ended();
      events.ended(outcome);
    };
    return new ServerInquiry(place, wish, { asked: events.asked, more: events.more, ended: ending });
  });
}

type Reply = (answer: LentAnswer) => void;

class ServerInquiry implements Inquiry, LentLogin {
  readonly kind = 'lent';
  readonly #place: InquiryPlace;
  readonly #wish: LoginWish;
  readonly #events: InquiryEvents<BackendConnection>;
  readonly #placement: Placement;
  #reply: Reply | undefined;
  #told: Credential | undefined;
  #asked = false;
  #relayed = false;
  #abandoned = false;

  constructor(place: InquiryPlace, wish: LoginWish, events: InquiryEvents<BackendConnection>) {
    this.#place = place;
    this.#wish = wish;
    this.#events = events;
    this.#placement = new Placement(place.cluster, {
      identity: { ...wish, address: wish.clientAddress },
      logins: [this],
      route: loginRoute(place.cluster, place.route),
      schema: wish.database,
      bytes: 0,
      avoid: undefined,
      held: () => undefined,
    });
    void this.#placement.run().then((end) => this.#ended(end));
  }

  // --- the client's side

  answer(answer: LentAnswer): void {
    if (answer.kind === 'raw') this.#relayed = true;
    else this.#told = answer;
    const reply = this.#reply;
    this.#reply = undefined;
    reply?.(answer);
  }

  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    // A login cut off in its middle counts towards the server's max_connect_errors, which would shut all of us out; a wrong password does not.
    if (this.#reply !== undefined) this.answer({ kind: 'raw', payload: Buffer.alloc(0) });
    else if (!this.#asked) this.#placement.cancel();
  }

  // --- the server's side

  asked(plugin: string, data: Buffer, reply: Reply): void {
    if (this.#told !== undefined) return reply(this.#told);
    if (this.#abandoned) return reply({ kind: 'raw', payload: Buffer.alloc(0) });
    const again = this.#asked && !this.#relayed && this.#reply === undefined;
    this.#asked = true;
    this.#reply = reply;
    // Another server asks because the first was lost: the client is busy finding its password, and that answers both.
    if (!again) this.#events.asked(plugin, data);
  }

  more(payload: Buffer, reply: Reply): void {
    if (this.#abandoned) return reply({ kind: 'raw', payload: Buffer.alloc(0) });
    this.#reply = reply;
    this.#relayed = true;
    this.#told = undefined;
    this.#events.more(payload);
  }

  lost(): void {
    // What was asked with the lost server's nonce is of no use to another one.
    this.#reply = undefined;
    if (this.#relayed) this.#placement.cancel();
  }

  #ended(end: PlacementEnd): void {
    if (end.kind === 'connected') {
      if (this.#abandoned) end.connection.packets.destroy();
      else if (this.#isTrusted(end.connection)) this.#events.ended({ connection: end.connection });
      else {
        end.connection.packets.destroy();
        this.#events.ended({ err: NOT_TRUSTED });
      }
      return;
    }
    if (this.#abandoned) return;
    if (end.kind === 'denied') this.#events.ended({ err: end.err });
    else if (end.kind === 'error') this.#events.ended({ err: end.error });
    else this.#events.ended({ err: this.#relayed ? loginLost() : noTarget(0, 'the login was cancelled') });
  }

  /**
   * Over a unix socket a server may let in whoever runs this process, without a word (auth_socket) or after a wrong password (MariaDB's
   * `... OR unix_socket`): that proves nothing about the client.
   */
  #isTrusted(connection: BackendConnection): boolean {
    if (!connection.packets.local || (this.#asked && flavorOf(connection) === 'mysql')) return true;
    this.#place.log.warn(
      { user: this.#wish.user, client: this.#wish.clientAddress, backend: connection.backend },
      'a login over a unix socket proves nothing about the client; name the account under users, or reach the server over TCP',
    );
    return false;
  }
}

const NOT_TRUSTED = { code: 1045, sqlState: '28000', message: 'Access denied' };
