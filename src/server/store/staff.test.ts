/** Sessions of staff: limits by the database's clock, one login one id, the station of the day, and what the audit trail is told. */
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import { createStaffSession, endStaffSession, refuseStaff, sessionHash, setStation, touchStaffSession } from './index.ts';

const { store, owner } = await testDatabase();
const limits = { idle: 30 * 60_000, absolute: 12 * 3_600_000 };
const HOME = 'musterstadt';
const station = { site: 'townhall', desk: '3' };

let subject = '';
beforeEach(() => (subject = randomBytes(6).toString('hex')));
const login = () => createStaffSession(store, HOME, { subject, name: 'Test Person', roles: ['counter', 'phone'] }, limits);
const touch = (hash: Buffer, municipality = HOME) => touchStaffSession(store, municipality, hash, limits);
const age = (column: 'seen_at' | 'expires_at', interval: string) =>
  owner.query(`update staff_session set ${column} = ${column} - $1::interval where subject = $2`, [interval, subject]);

it('gives who it is, to the hash of the id alone', async () => {
  const { id, hash } = await login();
  expect(sessionHash(id)).toEqual(hash);
  expect(await touch(hash)).toMatchObject({ subject, name: 'Test Person', roles: ['counter', 'phone'], station: undefined });
  expect(await touch(randomBytes(32))).toBeUndefined();
  expect(await touch(hash, 'neudorf')).toBeUndefined();
});

it('ends after 30 minutes without use, and use puts that off', async () => {
  const { hash } = await login();
  await age('seen_at', '29 minutes 55 seconds');
  expect(await touch(hash)).toBeDefined();
  await age('seen_at', '29 minutes 55 seconds');
  expect(await touch(hash)).toBeDefined();
  await age('seen_at', '30 minutes 1 second');
  expect(await touch(hash)).toBeUndefined();
  expect(await setStation(store, HOME, hash, station, limits)).toBe(false);
});

it('ends after 12 hours however it is used', async () => {
  const { hash } = await login();
  await age('expires_at', '11 hours 59 minutes 55 seconds');
  expect(await touch(hash)).toBeDefined();
  await age('expires_at', '6 seconds');
  expect(await touch(hash)).toBeUndefined();
});

it('a login ends every other session of the clerk, and what is over is forgotten', async () => {
  const first = await login();
  const second = await login();
  expect(second.hash).not.toEqual(first.hash);
  expect(await touch(first.hash)).toBeUndefined();
  expect(await touch(second.hash)).toBeDefined();
  await age('expires_at', '13 hours');
  const third = await login();
  expect((await owner.query('select id_hash from staff_session where subject = $1', [subject])).rows).toEqual([{ id_hash: third.hash }]);
});

it('the station is asked once a day: it outlives the clock, not the logout', async () => {
  const first = await login();
  expect(await setStation(store, HOME, first.hash, station, limits)).toBe(true);
  expect((await touch(first.hash))?.station).toEqual(station);
  await age('seen_at', '40 minutes');
  const second = await login();
  expect((await touch(second.hash))?.station).toEqual(station);
  await endStaffSession(store, HOME, second.hash);
  expect(await touch(second.hash)).toBeUndefined();
  expect((await touch((await login()).hash))?.station).toBeUndefined();
});

it('the audit trail knows who came, where they sat, what was refused, and who went', async () => {
  const { hash } = await login();
  await setStation(store, HOME, hash, station, limits);
  await refuseStaff(store, HOME, subject, '/counter/post', ['post']);
  await endStaffSession(store, HOME, hash);
  await endStaffSession(store, HOME, hash);
  const { rows } = await owner.query(`select actor, action, subject, detail from audit where actor = $1 order by id`, [`staff:${subject}`]);
  expect(rows).toEqual([
    { actor: `staff:${subject}`, action: 'login', subject, detail: { roles: ['counter', 'phone'] } },
    { actor: `staff:${subject}`, action: 'station', subject, detail: station },
    { actor: `staff:${subject}`, action: 'refused', subject: '/counter/post', detail: { needed: ['post'] } },
    { actor: `staff:${subject}`, action: 'logout', subject, detail: null },
  ]);
});
