import { servePredictions } from '../models/predictor-thread.ts'

/** Entry of a thread that predicts in the process of a model. */
await servePredictions()
