import { playLists } from './lists-play.js';

playLists(200_000);
