import { testCatalogStores } from '../../contracts/catalog-store-contract.js';
import { emptyStores } from './empty-stores.js';

testCatalogStores('mongoose', emptyStores());
