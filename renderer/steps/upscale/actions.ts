import { create } from 'zustand';
import { ask } from '../../state/bridge.ts';
import { goTo } from '../../state/document.ts';
import { takeDocument } from '../../state/model.ts';
import { announce } from '../../state/notices.ts';
import { useView } from '../../state/view.ts';
import { t } from '../../strings.ts';

/** How the frame is written. Not part of the recipe: the same frame may be delivered twice in two formats. */
export interface DeliverySettings {
  readonly format: 'jpeg' | 'png' | 'tiff' | 'webp';
  /** 1–100, of JPEG and WebP. */
  readonly quality: number;
  readonly profile: 'photo' | 'srgb';
  /** The file is being made. */
  readonly busy: boolean;
}

export const useDelivery = create<DeliverySettings>()(() => ({
  format: 'jpeg',
  quality: 95,
  profile: 'photo',
  busy: false,
}));

export const hasQuality = ({ format }: Pick<DeliverySettings, 'format'>) =>
  format === 'jpeg' || format === 'webp';

/** Asks for a file's name, makes the frame and writes it. */
export async function deliver(): Promise<void> {
  if (useView.getState().step !== 'upscale') return goTo('upscale');
  const { format, quality, profile, busy } = useDelivery.getState();
  if (busy) return;
  useDelivery.setState({ busy: true });
  const answer = await ask('deliver.run', {
    format,
    profile,
    ...(hasQuality({ format }) ? { quality } : {}),
  });
  useDelivery.setState({ busy: false });
  if (!answer?.value) return;
  takeDocument(answer.value);
  if (answer.value.delivery) announce(t.upscale.deliveredAs(answer.value.delivery.file));
}
