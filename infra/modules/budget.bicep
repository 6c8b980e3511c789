metadata description = 'Tells people when the resource group costs more in a month than it may.'

@description('Name of the budget.')
param name string

@description('What a month may cost, in the currency of the subscription.')
param amount int

@description('First day of the month from which it counts, as year-month-day.')
param start string

@description('Mail addresses of those who are told.')
param mails string[]

// The checker of .ci/bicep does not know budgets; the compiler does.
#disable-next-line not-checked
resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: '${start}T00:00:00Z'
    }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: mails
      }
      forecast: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: mails
      }
    }
  }
}
