import { answerParent } from '../harness/answer-parent.js';
import { deliver } from './deliver.js';
import { LoadPlan } from './plan.js';

answerParent({ ready: null, answers: { deliver: (given) => deliver(LoadPlan.parse(given)) } });
