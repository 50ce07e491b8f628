/**
 * What email APIs call things, in plain form (lower case, letters and digits alone): collected from public API
 * documents of the field. Data alone: how it is used stands in the files beside this one.
 */

/** What a path speaks of, in the singular. */
export const resources: Readonly<Record<string, readonly string[]>> = {
  message: ['message', 'email', 'mail', 'outboundemail', 'transmission', 'transactionalemail'],
  template: ['template', 'emailtemplate', 'mailtemplate', 'messagetemplate', 'transactionaltemplate'],
  contact: ['contact', 'subscriber'],
  suppression: ['suppression', 'unsubscribe', 'blocklist', 'optout', 'suppresseddestination'],
  key: ['key', 'apikey', 'apitoken', 'accesskey', 'credential'],
  user: ['user', 'teammate', 'member'],
  domain: ['domain', 'sendingdomain', 'senderdomain'],
  audit: ['audit', 'auditlog', 'auditevent', 'auditentry', 'audittrail', 'activitylog'],
  analytics: ['analytics', 'stat', 'statistic', 'metric'],
  session: ['session', 'login', 'signin', 'token', 'authenticate'],
  principal: ['me', 'whoami', 'self', 'currentuser'],
}

/**
 * An operation of ours as a method and the end of a path, the most usual first: `R` is the resource, `{}` a parameter,
 * other words themselves.
 */
export const shapes: Readonly<Record<string, readonly string[]>> = {
  'session.create': ['POST R', 'POST R/{}', 'POST auth/R', 'POST R/create'],
  'principal.get': ['GET R', 'GET profile', 'GET account'],
  'message.send': ['POST R', 'POST R/send', 'POST send', 'POST send/R', 'POST R/R'],
  'message.list': ['GET R', 'GET R/search', 'POST R/search'],
  'message.get': ['GET R/{}'],
  'message.preview': ['GET R/{}/preview', 'GET R/{}/html', 'GET R/{}/view'],
  'message.cancel': ['POST R/{}/cancel', 'PUT R/{}/cancel', 'DELETE R/{}/schedule', 'DELETE R/{}'],
  ...kept('template'),
  'template.preview': ['POST R/{}/preview', 'POST R/{}/render', 'GET R/{}/preview'],
  ...kept('contact'),
  'contact.export': ['GET R/export'],
  'suppression.create': ['POST R', 'PUT R/{}'],
  'suppression.list': ['GET R'],
  'suppression.delete': ['DELETE R/{}'],
  ...kept('key', 'revoke'),
  'key.rotate': ['POST R/{}/rotate', 'POST R/{}/roll', 'POST R/{}/regenerate', 'PUT R/{}/rotate'],
  ...kept('user'),
  ...kept('domain'),
  'domain.verify': ['POST R/{}/verify', 'PUT R/{}/verify', 'POST R/{}/validate'],
  'analytics.get': ['GET R', 'GET R/overview', 'GET R/summary'],
  'audit.list': ['GET R', 'GET R/logs', 'GET R/events'],
}

function kept(resource: string, end = 'delete'): Record<string, string[]> {
  return {
    [`${resource}.create`]: ['POST R'],
    [`${resource}.list`]: ['GET R'],
    [`${resource}.get`]: ['GET R/{}'],
    [`${resource}.update`]: ['PATCH R/{}', 'PUT R/{}', 'POST R/{}'],
    [`${resource}.${end}`]: ['DELETE R/{}', `POST R/{}/${end}`],
  }
}

/** Without one of these inputs a request is not what its path says. */
export const telling: Readonly<Record<string, readonly string[]>> = {
  'message.send': ['to'],
  'session.create': ['password'],
  'suppression.create': ['email'],
}

/** Other names of our inputs; their own names count anyway. */
export const inputNames: Readonly<Record<string, readonly string[]>> = {
  from: ['sender', 'fromemail', 'fromaddress', 'fromemailaddress'],
  to: ['recipients', 'recipient', 'toaddresses', 'toemails'],
  cc: ['ccaddresses', 'ccemails'],
  bcc: ['bccaddresses', 'bccemails'],
  replyTo: ['replytoaddress', 'replytoaddresses', 'replytoemail', 'replytolist'],
  text: ['textbody', 'bodytext', 'textpart', 'plaintext', 'plain', 'plaincontent', 'textcontent'],
  html: ['htmlbody', 'bodyhtml', 'htmlpart', 'htmlcontent'],
  headers: ['customheaders'],
  template: ['templateid', 'templatename', 'templatealias', 'templateuuid', 'templatekey'],
  variables: [
    'templatedata',
    'templatevariables',
    'templatemodel',
    'dynamictemplatedata',
    'mergevars',
    'mergevariables',
    'substitutions',
    'substitutiondata',
    'params',
  ],
  sendAt: ['scheduledat', 'deliverytime', 'deliverat', 'scheduledfor', 'schedule', 'sendtime'],
  tags: ['categories'],
  email: ['emailaddress', 'username', 'login', 'address', 'recipient'],
  password: ['pass', 'passphrase'],
  name: ['label', 'domain', 'domainname', 'keyname', 'templatename', 'fullname'],
  scopes: ['permissions', 'abilities', 'capabilities'],
  project: ['projectid'],
  ipAllowlist: ['allowedips', 'ipwhitelist', 'ipaddresses'],
  expiresAt: ['expires', 'expiry', 'expirydate', 'expiration'],
  attributes: ['customfields', 'properties', 'fields', 'metadata'],
  tlsPolicy: ['tls', 'tlsmode'],
  limit: ['perpage', 'pagesize', 'size', 'count', 'maxresults', 'take'],
  cursor: ['after', 'pagetoken', 'nexttoken', 'startingafter', 'offset', 'page', 'start', 'skip'],
  search: ['query', 'q', 'filter'],
  sort: ['orderby', 'sortby', 'order'],
}

/** Other names of our results; their own names count anyway. */
export const resultNames: Readonly<Record<string, readonly string[]>> = {
  id: ['uuid', 'identifier'],
  token: ['accesstoken', 'jwt', 'idtoken', 'sessiontoken'],
  expiresIn: ['ttl', 'lifetime'],
  csrf: ['csrftoken', 'xsrftoken'],
  secret: ['apikey', 'key', 'token', 'value', 'plaintext'],
  tenant: ['tenantid', 'accountid', 'organizationid', 'organisationid', 'workspaceid', 'teamid'],
  items: ['data', 'results', 'result', 'entries', 'records', 'list'],
  next: ['nextcursor', 'nextpagetoken', 'nexttoken', 'nextpage', 'cursor'],
  status: ['state'],
  verified: ['isverified', 'valid'],
  records: ['dnsrecords', 'dns'],
  kind: ['type'],
  html: ['htmlbody', 'htmlcontent'],
  text: ['textbody', 'plaincontent', 'textcontent'],
  scopes: ['permissions', 'abilities'],
}

/** Names of the two parts of a mailbox, and of the three of an attachment, in objects that stand for one. */
export const parts = {
  email: ['email', 'emailaddress', 'address'],
  name: ['name', 'displayname', 'fullname'],
  filename: ['filename', 'name'],
  content: ['content', 'data', 'rawcontent', 'base64content'],
  contentType: ['contenttype', 'type', 'mimetype'],
  fieldName: ['name', 'header', 'key'],
  fieldValue: ['value'],
} as const

/** Letters and digits of a name, in lower case: `ReplyTo`, `reply_to` and `reply-to` are one. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** `Api-Keys` → `apikey`, `entries` → `entry`. */
export function singular(word: string): string {
  const bare = plain(word)
  if (bare === 'analytics' || bare.endsWith('ss')) return bare
  return bare.replace(/ies$/, 'y').replace(/s$/, '')
}

/** Which of `ours` a name of theirs stands for; `null` for none. The shorter the list the more certain. */
export function meaning(
  name: string,
  ours: readonly string[],
  names: Readonly<Record<string, readonly string[]>>,
): string | null {
  const bare = plain(name)
  return (
    ours.find((word) => plain(word) === bare) ??
    ours.find((word) => names[word]?.includes(bare) === true) ??
    null
  )
}
