// How a person gets on with the pages of each authorization server: where clients register, what
// somebody unknown is shown, how they log in as Ann, which scopes they are asked for, and what allows.

const trimmed = async (locator) => (await locator.allTextContents()).map((text) => text.trim());

export const pages = {
  'oidc-provider': {
    registers: '/reg',
    unknown: (page) => page.getByPlaceholder('Enter any login'),
    async logsIn(page) {
      await page.getByPlaceholder('Enter any login').fill('ann');
      await page.getByPlaceholder('and password').fill('any');
      await page.getByRole('button', { name: 'Sign-in' }).click();
    },
    asked: (page) => trimmed(page.locator('ul li')),
    allow: (page) => page.getByRole('button', { name: 'Continue' }),
  },
  ours: {
    registers: '/register',
    unknown: (page) => page.getByRole('heading', { name: 'Who are you?' }),
    logsIn: (page) => page.getByRole('button', { name: 'Ann Archer' }).click(),
    asked: (page) => trimmed(page.locator('label')),
    allow: (page) => page.getByRole('button', { name: 'Allow' }),
  },
};
