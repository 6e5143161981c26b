import { ADMIN, type administrationPages } from '../../../../src/contract/dashboard/administration.js';
import {
  type AuditEntryView,
  listAudit,
  listUsers,
  type UserView,
} from '../../../../src/contract/administration.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import { peopleHandlers } from '../../../api/administration/people.js';
import type { Handlers } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { isOurFault } from '../../../http/respond.js';
import { perform } from '../call.js';
import { formHandler } from '../forms.js';
import { addressWith, type Choice, choiceOf } from '../present.js';
import { faceOf } from '../avatar.js';
import type { ShowTab } from './tabs.js';

type Pages = Handlers<typeof administrationPages>;

const USERS = `${ADMIN}/users`;
const AUDIT = `${ADMIN}/audit`;
const PAGE = '50';

interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly login: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly avatar: string;
  readonly accounts: string;
  readonly active: boolean;
  readonly administrator: boolean;
  readonly signedInAt: string;
  readonly createdAt: string;
  readonly action: string;
  /** Nobody closes their own account. */
  readonly isSelf: boolean;
  readonly audit: string;
}

export interface UsersModel {
  readonly rows: readonly UserRow[];
  readonly q: string;
  readonly states: readonly Choice[];
  readonly isFiltered: boolean;
  readonly older: string;
  readonly isFirstPage: boolean;
}

export function usersPages(show: ShowTab<UsersModel>): Pick<Pages, 'showUsers' | 'submitUserState'> {
  return {
    async showUsers(ports, input) {
      const { q = '', active = '', cursor } = input.query;
      const asked = given({
        q: q.trim(),
        active: active === 'false' || active === 'true' ? active : '',
        cursor,
      });
      const query = parseInput(listUsers.query(), { ...asked, limit: PAGE });
      const { items, nextCursor } = await perform(peopleHandlers.listUsers, { ports, input, query });
      const self = input.caller.kind === 'user' ? input.caller.userId : '';
      const model = {
        rows: items.map((user) => userRow(user, self)),
        q,
        states: [
          choiceOf('', 'Everybody', active),
          choiceOf('true', 'May sign in', active),
          choiceOf('false', 'Shut out', active),
        ],
        isFiltered: q !== '' || active !== '',
        ...pagesOf(USERS, { query: input.query, nextCursor }),
      };
      return show(ports, input, { title: 'People', model });
    },

    submitUserState: formHandler(async (ports, input) => {
      const active = input.body.active === 'true';
      const { params } = input;
      const { name } = await perform(peopleHandlers.changeUser, { ports, input, params, body: { active } });
      return {
        message: active
          ? `${name} may sign in again.`
          : `${name} is shut out: every session is signed out, and every API token has ended.`,
      };
    }),
  };
}

function userRow(user: UserView, self: string): UserRow {
  const { id, name, login, email, emailVerified, active, administrator, accounts, signedInAt, createdAt } =
    user;
  return {
    ...{ id, name, emailVerified, active, administrator, createdAt },
    login: login ?? '',
    email: email ?? '',
    avatar: faceOf({ login, name }),
    accounts: accounts.join(', '),
    signedInAt: signedInAt ?? '',
    action: `${USERS}/${id}/state`,
    isSelf: id === self,
    audit: addressWith(AUDIT, { subject: id }),
  };
}

interface EntryRow {
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly ofActor: string;
  readonly ofAction: string;
  readonly ofSubject: string;
}

export interface AuditModel {
  readonly rows: readonly EntryRow[];
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly isFiltered: boolean;
  readonly problem: string;
  readonly older: string;
  readonly isFirstPage: boolean;
}

export function auditPage(show: ShowTab<AuditModel>): Pick<Pages, 'showAudit'> {
  return {
    async showAudit(ports, input) {
      const { actor = '', action = '', subject = '' } = input.query;
      const read = () =>
        perform(peopleHandlers.listAudit, {
          ...{ ports, input },
          query: parseInput(listAudit.query(), { ...given(input.query), limit: PAGE }),
        });
      const { items, nextCursor, problem } = await read().then(
        (list) => ({ ...list, problem: '' }),
        (error: unknown) => {
          if (!isVitrineError(error) || isOurFault(error)) throw error;
          return { items: [], nextCursor: null, problem: error.message };
        },
      );
      const model = {
        ...{ rows: items.map(entryRow), actor, action, subject, problem },
        isFiltered: [actor, action, subject].some((one) => one !== ''),
        ...pagesOf(AUDIT, { query: input.query, nextCursor }),
      };
      return show(ports, input, { title: 'Audit log', model });
    },
  };
}

function entryRow({ at, actor, actorName, action, subject, detail }: AuditEntryView): EntryRow {
  return {
    ...{ at, actor: actorName ?? actor, action, subject, detail },
    ofActor: addressWith(AUDIT, { actor }),
    ofAction: addressWith(AUDIT, { action }),
    ofSubject: addressWith(AUDIT, { subject }),
  };
}

type Query = Readonly<Record<string, string | undefined>>;

/** What a form leaves empty means nothing. */
function given(query: Query): Record<string, string> {
  const filled = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return Object.fromEntries(filled);
}

function pagesOf(
  path: string,
  { query, nextCursor }: { readonly query: Query; readonly nextCursor: string | null },
) {
  return {
    older: nextCursor === null ? '' : addressWith(path, { ...query, cursor: nextCursor }),
    isFirstPage: query['cursor'] === undefined,
  };
}
