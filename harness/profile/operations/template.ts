import { byId, calls, items, page, type Resource } from './resource.ts'

const content = { name: 'text', subject: 'text', html: 'text', text: 'text' } as const

/** What is written, once or for many; messages call it the same. */
export const contentNames = {
  inputs: {
    text: ['textbody', 'bodytext', 'textpart', 'plaintext', 'plain', 'plaincontent', 'textcontent'],
    html: ['htmlbody', 'bodyhtml', 'htmlpart', 'htmlcontent'],
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
      'datavariables',
      'messagedata',
      'personalization',
      'personalisation',
      'mergefields',
      'templateparams',
      'dynamicdata',
    ],
  },
  results: {
    html: ['htmlbody', 'htmlcontent'],
    text: ['textbody', 'plaincontent', 'textcontent'],
  },
} as const

/** Stored mail with places for variables. */
export const template = {
  words: ['template', 'emailtemplate', 'mailtemplate', 'messagetemplate', 'transactionaltemplate'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: content,
      results: byId.results,
      undo: 'delete',
      sample: ({ mark }) => ({
        name: mark,
        subject: 'Hello',
        html: `<p>Hello ${mark}</p>`,
        text: `Hello ${mark}`,
      }),
      calls: calls.create,
    },
    list: {
      effect: 'read',
      inputs: page,
      results: items,
      calls: [...calls.list, 'GET transactional'],
    },
    get: { effect: 'read', inputs: byId.inputs, results: { id: 'text', ...content }, calls: calls.get },
    update: {
      effect: 'change',
      inputs: { id: 'text', ...content },
      results: byId.results,
      sample: ({ mark }) => ({ name: mark }),
      calls: calls.update,
    },
    delete: { effect: 'delete', ...byId, calls: calls.delete },
    preview: {
      effect: 'read',
      inputs: { id: 'text', variables: 'fields' },
      results: { subject: 'text', html: 'text', text: 'text' },
      calls: ['POST R/{}/preview', 'POST R/{}/render', 'GET R/{}/preview'],
    },
  },
  otherNames: {
    inputs: { ...contentNames.inputs, name: ['label', 'templatename'] },
    results: contentNames.results,
  },
} as const satisfies Resource
