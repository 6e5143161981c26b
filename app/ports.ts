import type { PreviewAccessPorts } from '../src/access/store.js';
import type { ContainerPorts } from '../src/containers/container.js';
import type { DeliveryPorts } from '../src/deliveries/store.js';
import type { LogSessionPorts } from '../src/deployments/logs/append.js';
import type { LogPorts, LogRedaction } from '../src/deployments/logs/store.js';
import type { StatisticsPorts } from '../src/deployments/statistics.js';
import type { DeploymentPorts } from '../src/deployments/store.js';
import type { EnvironmentPorts } from '../src/environments/store.js';
import type { ChannelPorts } from '../src/notifications/channel.js';
import type { MailerPorts } from '../src/notifications/mailer.js';
import type { NotificationPorts } from '../src/notifications/notification.js';
import type { AccountMailsPorts } from '../src/people/account-mails.js';
import type { AccountRulesPorts } from '../src/people/account-rules.js';
import type { TokenPorts } from '../src/people/api-token.js';
import type { AuditPorts } from '../src/people/audit-log.js';
import type { GitHubConnectionPorts, GitHubUserPorts } from '../src/people/github-connection.js';
import type { InvitationPorts } from '../src/people/invitation.js';
import type { MemberPorts } from '../src/people/member.js';
import type { PasswordPorts, PasswordStorePorts } from '../src/people/password.js';
import type { RightsPorts } from '../src/people/rights.js';
import type { IdempotencyPorts } from '../src/people/idempotency.js';
import type { RequestRatePorts } from '../src/people/request-rates.js';
import type { SessionPorts } from '../src/people/session.js';
import type { ProviderPorts, SignInPorts } from '../src/people/sign-in.js';
import type { AdministratorPorts, AvatarPorts, UserPorts } from '../src/people/user.js';
import type { ProjectPorts } from '../src/projects/project.js';
import type { ReporterPorts } from '../src/reports/reporter.js';
import type { GitHubPorts } from '../src/repositories/github.js';
import type { RepositoryPorts } from '../src/repositories/model.js';
import type { ProgramStartPorts } from '../src/runs/start-program.js';
import type { PictureAddressPorts } from '../src/screenshots/picture-address.js';
import type { PhotographerPorts, ScreenshotPorts } from '../src/screenshots/screenshot.js';
import type { SealPorts } from '../src/secrets/envelope.js';
import type { RedactionPorts } from '../src/secrets/redact-lines.js';
import type { SecretPorts } from '../src/secrets/store.js';
import type { JobRunPorts } from '../src/shared/instance.js';
import type { AddressPorts } from '../src/shared/preview-url.js';
import type { AskProgramPorts } from '../src/shared/reach.js';
import type { OutgoingPorts } from '../src/shared/safe-fetch.js';
import type { LeasePorts, Tools } from '../src/shared/tools.js';
import type { TargetPorts } from '../src/targets/target.js';
import type { ImagePorts, ImageUploadPorts } from '../src/images/store.js';
import type { ArtifactPorts, BlobPorts, OtherBlobPorts, UploadPorts } from '../src/uploads/store.js';
import type { VariablePorts } from '../src/variables/store.js';

/** What the database keeps, a store a noun. */
export interface Stores
  extends
    EnvironmentPorts,
    DeploymentPorts,
    ContainerPorts,
    StatisticsPorts,
    LogPorts,
    ProjectPorts,
    RepositoryPorts,
    UserPorts,
    SessionPorts,
    SignInPorts,
    GitHubConnectionPorts,
    MemberPorts,
    InvitationPorts,
    PasswordStorePorts,
    PreviewAccessPorts,
    Pick<ChannelPorts, 'channels'>,
    NotificationPorts,
    TokenPorts,
    DeliveryPorts,
    ArtifactPorts,
    ImagePorts,
    ScreenshotPorts,
    AuditPorts,
    IdempotencyPorts,
    RequestRatePorts,
    VariablePorts,
    SecretPorts,
    JobRunPorts,
    LeasePorts {}

/**
 * Everything that the core asks of the world. Only the composition knows the whole of it: each verb names the few ports that it uses.
 * Each port has a contract suite under test/contracts that every implementation passes.
 */
export interface Ports
  extends
    Stores,
    RightsPorts,
    OtherBlobPorts,
    ImageUploadPorts,
    AdministratorPorts,
    AvatarPorts,
    AccountRulesPorts,
    PasswordPorts,
    AccountMailsPorts,
    MailerPorts,
    ProviderPorts,
    GitHubUserPorts,
    LogRedaction,
    LogSessionPorts,
    BlobPorts,
    UploadPorts,
    ProgramStartPorts,
    GitHubPorts,
    ReporterPorts,
    TargetPorts,
    SealPorts,
    RedactionPorts,
    OutgoingPorts,
    AskProgramPorts,
    PictureAddressPorts,
    Tools,
    AddressPorts {
  /** Null where previews are not photographed. */
  readonly screenshotTools: PhotographerPorts | null;
}
