import { faker } from '@faker-js/faker/locale/en'

/** The words of a benign message, as a shop would send it; no address, no link and no markup in them. */
export interface Letter {
  readonly subject: string
  readonly text: string
}

/** Makes one letter after the other; the same ones for the same seed and check, whatever other checks do. */
export function createLetters(seed: number, check: string): () => Letter {
  let count = 0
  return () => {
    // The generator is everybody's; between these lines nobody else runs.
    faker.seed([seed, count++, ...Buffer.from(check)])
    const product = faker.commerce.productName()
    const subject = faker.helpers.arrayElement([
      `Your order: ${product}`,
      `${product} is on its way`,
      `Receipt for ${product}`,
    ])
    return {
      subject,
      text: `Dear ${faker.person.firstName()},\n\n${faker.commerce.productDescription()}\n\n${faker.lorem.paragraph()}\n`,
    }
  }
}
