import { testPeopleStores } from '../../../contracts/people-stores-contract.js';
import { emptyStores } from '../empty-stores.js';

testPeopleStores('mongoose', emptyStores());
