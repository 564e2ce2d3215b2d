/** What connectors call the account of a customer (`Admission.account`). */
export function customerAccountOf(customerId: string): string {
	return `customer/${customerId}`;
}
